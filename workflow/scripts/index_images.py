"""Index a set of images. Output: Parquet with key, size, hash, class and split of every image."""

from linexp import image_sources, probe_index, runtime, store

runtime.start(snakemake)
settings = snakemake.params.images
source = image_sources.open_source(settings)
index = probe_index.index_images(source, snakemake.params.split, snakemake.params.seed, snakemake.threads)
provenance = store.Provenance.of(snakemake, probe_index.fingerprint(index))
store.write_table(snakemake.output[0], provenance, index)
