"""Make the index of all layers that are finished. Output: one page."""

import sys

from linexp.artifacts import store
from linexp.explorer import across
from linexp.jobs import runtime

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
explanations = iter(files.explanations)
layers = [
    across.FinishedLayer(
        **told, scores=scores, summary=summary, explanations={method: next(explanations) for method in told["titles"]}
    )
    for told, scores, summary in zip(params.layers, files.scores, files.summaries, strict=True)
]
size = across.write_index(
    snakemake.output[0],
    layers,
    dict(zip(params.models, files.get("calibrations", []), strict=True)),
    dict(zip(params.captions, files.get("tables", []), strict=True)),
    store.provenance_of(snakemake, ""),
)
print(f"index: {len(layers)} layers, {size / 1e6:.1f} MB", file=sys.stderr)
