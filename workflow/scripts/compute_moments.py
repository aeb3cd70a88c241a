"""Moments of P over train and val. Output: HDF5 with count, mean and covariance of each split, float64."""

from linexp import moments, probe_index, runtime, store

runtime.start(snakemake)
files = snakemake.input
index = store.read_table(files.index)
provenance = store.Provenance.of(snakemake, store.same_probe(files.index, files.presence))
with (
    store.open_arrays(files.presence) as presence,
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    for split in ("train", "val"):
        computed = moments.second_moments(store.row_blocks(presence["P"], probe_index.rows_of(index, split)))
        group = file.create_group(split)
        group["count"], group["mean"] = computed.count, computed.mean
        group["covariance"] = computed.covariance
