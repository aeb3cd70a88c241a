"""Index a set of images. Output: Parquet with key, size, hash, class and split of every image."""

import sys

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes import sources
from linexp.probes.index import copies_across, copies_in, fingerprint, index_images, skipped_images
from linexp.probes.splits import read_split

runtime.start(snakemake)
params = snakemake.params
source = sources.open_source(params.images)
for remark in source.remarks():
    print(remark, file=sys.stderr)
skip_bad = params.images.get("on_bad_image") == "skip"
path = sources.split_file(params.images)
given = read_split(path, source.keys) if path else None
index = index_images(source, params.split, params.seed, snakemake.threads, skip_bad, given)
skipped = skipped_images(index)
for reason in skipped.values():
    print(f"left out: {reason}", file=sys.stderr)
if skipped:
    print(f"{len(skipped)} of {len(source)} images are left out", file=sys.stderr)
if copies_across(index):
    print(f"{copies_across(index)} images are in several splits, as {path} has it", file=sys.stderr)
elif copies_in(index):
    print(f"{copies_in(index)} images are copies of others, and in the split of those", file=sys.stderr)
provenance = store.provenance_of(snakemake, fingerprint(index))
store.write_table(snakemake.output[0], provenance, index)
