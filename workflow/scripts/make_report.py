"""Make the explorer of a layer. Output: its page; beside it the folder `data` with all that the page loads."""

import sys

from linexp.artifacts import store
from linexp.explorer.folder import write_explorer
from linexp.explorer.layer import LayerFiles, Shown
from linexp.jobs import runtime
from linexp.probes import index, sources

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
layer = LayerFiles.of(files, params.methods, params.linear)
shown = Shown(
    title=params.title,
    simulator=params.simulator,
    calibrated=params.calibrated,
    seed=params.seed,
    provenance=store.provenance_of(snakemake, layer.same_probe()),
    titles=dict(zip(params.methods, params.titles, strict=True)),
    figures=params.figures,
)
images = index.IndexedImages(sources.open_source(params.images), store.read_table(files.index))
size = write_explorer(snakemake.output[0], layer, shown, images, snakemake.threads)
print(f"report: {size / 1e6:.1f} MB in the folder of {snakemake.output[0]}", file=sys.stderr)
