"""Put the dissections of all blocks of a layer together. Output: HDF5, as of a layer in one piece."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.jobs.blocks import merge_arrays

runtime.start(snakemake)
blocks = snakemake.input.blocks
names = ("iou", "thresholds", "constant")
merged = merge_arrays([store.read_arrays(path, *names) for path in blocks])
store.write_arrays(
    snakemake.output[0],
    store.provenance_of(snakemake, store.same_probe(*blocks)),
    {
        **dict(zip(names, merged, strict=True)),
        **{name: store.read_strings(blocks[0], name) for name in ("concepts", "categories")},
    },
)
