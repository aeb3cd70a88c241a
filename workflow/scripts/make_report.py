"""Make the page of a layer. Output: HTML; beside it the pictures of the neurons that it shows, as PNG."""

from pathlib import Path

import pandas as pd

from linexp import (
    explanations,
    figure_style,
    figures,
    image_sources,
    neuron_views,
    probe_index,
    progress,
    report,
    runtime,
    store,
)

runtime.start(snakemake)
files, params, folder = snakemake.input, snakemake.params, Path(snakemake.output[0]).parent
explained = dict(zip(params.methods, files.explanations, strict=True))
sources = neuron_views.ViewFiles(files.index, files.activations, files.scores, explained, files.get("presence"))
provenance = store.Provenance.of(snakemake, sources.same_probe()).attributes()
index, scores = store.read_table(files.index), store.read_table(files.scores).to_pandas()
source = image_sources.open_source(params.images)
images = probe_index.IndexedImages(source, index)

ranked_by = params.charted or params.methods[0]
choices = report.choose_neurons(scores, ranked_by, params.simulator)
views = neuron_views.read_views(
    sources, params.title, [choice.neuron for choice in choices], params.charted, params.simulator
)
for view in progress.progress(views, len(views), "neuron", "drawing", step=lambda _: 1):
    with store.atomic(folder / report.picture_name(view.neuron)) as temporary:
        figure_style.save_figure(figures.draw_neuron(view, images, params.seed), temporary, "png", provenance)
shown = {report.picture_name(choice.neuron) for choice in choices}
for path in folder.glob(report.picture_name("*")):
    if path.name not in shown:
        path.unlink()

page = report.render(
    report.LayerReport(
        title=params.title,
        images=len(index),
        test_images=len(probe_index.rows_of(index, "test")),
        summary=pd.read_csv(files.summary),
        scores=scores,
        simulator=params.simulator,
        explanations={method: explanations.from_table(store.read_table(path)) for method, path in explained.items()},
        linear=params.linear,
        ranked_by=ranked_by,
        calibrations=[
            store.read_json(path) | {"name": name, "role": role}
            for (name, role), path in zip(params.calibrated, files.calibrations, strict=True)
        ],
        provenance=provenance,
    ),
    choices,
)
with store.atomic(snakemake.output[0]) as temporary:
    temporary.write_text(page, encoding="utf-8")
