"""Draw a neuron: its explanations, area chart and images by activation. Output: PNG or SVG."""

from linexp import figure_style, figures, image_sources, neuron_views, probe_index, runtime, store

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
sources = neuron_views.ViewFiles(
    files.index,
    files.activations,
    files.scores,
    dict(zip(params.methods, files.explanations, strict=True)),
    files.get("presence"),
)
fingerprint = sources.same_probe()
source = image_sources.open_source(params.images)
images = probe_index.IndexedImages(source, store.read_table(files.index))
(view,) = neuron_views.read_views(
    sources, params.title, [int(snakemake.wildcards.neuron)], params.charted, params.simulator
)
provenance = store.Provenance.of(snakemake, fingerprint).attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure = figures.draw_neuron(view, images, params.seed)
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
