"""Index a set of images. Output: Parquet with key, size, hash, class and split of every image."""

import sys

from linexp import image_sources, probe_index, runtime, store

runtime.start(snakemake)
params = snakemake.params
source = image_sources.open_source(params.images)
skip_bad = params.images.get("on_bad_image") == "skip"
index = probe_index.index_images(source, params.split, params.seed, snakemake.threads, skip_bad)
skipped = probe_index.skipped_images(index)
for reason in skipped.values():
    print(f"left out: {reason}", file=sys.stderr)
if skipped:
    print(f"{len(skipped)} of {len(source)} images are left out", file=sys.stderr)
provenance = store.Provenance.of(snakemake, probe_index.fingerprint(index))
store.write_table(snakemake.output[0], provenance, index)
