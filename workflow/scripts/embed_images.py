"""Embed all images with an image-text model. Output: HDF5 with embeddings (n_images, dim) float32, unit norm."""

from linexp import image_batches, image_sources, image_text, probe_index, runtime, store

runtime.start(snakemake)
runtime.keep_freed_memory()
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = image_sources.open_source(params.images)
model = image_text.load(params.model, snakemake.input.weights)
batches = image_batches.image_batches(
    probe_index.IndexedImages(source, index),
    model.preprocess,
    params.batch_size,
    snakemake.threads,
    "embedding",
)
provenance = store.Provenance.of(snakemake, store.probe_fingerprint(snakemake.input.index))
with store.create_arrays(snakemake.output[0], provenance) as file:
    embedded = (model.embed_images(batch).numpy() for batch in batches)
    store.write_rows(file, "embeddings", embedded, len(index))
