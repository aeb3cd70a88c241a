"""Draw scenes again and keep where each object is. Output: HDF5 with one mask an object."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.scenes import data

runtime.start(snakemake)
arrays = data.draw_masks(
    snakemake.params.images["images"],
    snakemake.params.images["size"],
    snakemake.params.images["first"],
    snakemake.params.seed,
    snakemake.threads,
)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
store.write_arrays(snakemake.output[0], provenance, arrays)
