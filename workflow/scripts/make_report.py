"""Make the explorer of a layer. Output: its page; beside it the folder `data` with all that the page loads."""

import sys

from linexp import explorer
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes import index, sources

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params


def by_method(paths, methods=params.methods):
    return dict(zip(methods, paths, strict=True))


layer = explorer.LayerFiles(
    index=files.index,
    activations=files.activations,
    scores=files.scores,
    summary=files.summary,
    comparison=files.comparison,
    sanity=files.sanity,
    embeddings=files.embeddings,
    calibration=files.calibration,
    calibrations=files.calibrations,
    explanations=by_method(files.explanations),
    simulations=by_method(files.simulations),
    concepts=by_method(files.concepts),
    presence=by_method(files.presence, params.linear),
    stability=by_method(files.get("stability", []), params.linear if files.get("stability") else []),
    outputs=files.get("outputs"),
    head=files.get("head"),
    effects=files.get("effects"),
    labels=files.get("labels"),
    known_images=files.get("known_images", []),
    known_concepts=files.get("known_concepts", []),
)
provenance = store.provenance_of(snakemake, layer.same_probe())
images = index.IndexedImages(sources.open_source(params.images), store.read_table(files.index))
titles = by_method(params.titles)
shown = explorer.Shown(params.title, params.simulator, params.calibrated, params.seed, provenance, titles)
size = explorer.write_explorer(snakemake.output[0], layer, shown, images, snakemake.threads)
print(f"report: {size / 1e6:.1f} MB in the folder of {snakemake.output[0]}", file=sys.stderr)
