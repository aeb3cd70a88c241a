"""Moments of P over train and val. Output: HDF5 with count, mean and covariance of each split."""

from linexp.artifacts import store
from linexp.concepts import moments, places
from linexp.jobs import parallel, progress, runtime
from linexp.probes.index import rows_of, split_blocks

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
index = store.read_table(files.index)
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.presence))
with (
    parallel.blas_on_one_thread(),
    places.open_presence(files.presence, snakemake.threads) as p,
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    sums = {split: moments.MomentsSum(p.shape[1], snakemake.threads) for split in ("train", "val")}
    n_rows = sum(len(rows_of(index, split)) for split in sums)
    blocks = split_blocks(index, list(sums), p.blocks())
    seen = progress.progress(blocks, n_rows, "image", "moments", step=lambda found: len(found[1]))
    for split, rows, (block,) in seen:
        sums[split].add(block, rows)
    for split in list(sums):
        computed = sums.pop(split).moments()  # and their memory is free for what follows
        group = file.create_group(split)
        store.write_array(group, "count", computed.count)
        store.write_array(group, "mean", computed.mean)
        store.write_rows(group, "covariance", [computed.covariance], len(computed.mean))
