"""Index the places of images. Output: Parquet, one row an image and cell: image, place, first (of copies), split."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes.index import place_index

runtime.start(snakemake)
index = snakemake.input.index
provenance = store.provenance_of(snakemake, store.probe_fingerprint(index))
store.write_table(snakemake.output[0], provenance, place_index(store.read_table(index), snakemake.params.grid))
