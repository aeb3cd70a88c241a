"""Draw a neuron: its explanations, area chart and images by activation. Output: PNG, SVG or PDF."""

from linexp.artifacts import store
from linexp.figures import neuron, neuron_view, style
from linexp.jobs import runtime
from linexp.probes import index
from linexp.probes.sources import open_source

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
sources = neuron_view.ViewFiles(
    files.index,
    files.activations,
    files.scores,
    dict(zip(params.methods, files.explanations, strict=True)),
    files.get("presence"),
)
provenance = store.provenance_of(snakemake, sources.same_probe())
source = open_source(params.images)
images = index.IndexedImages(source, store.read_table(files.index))
(view,) = neuron_view.read_views(
    sources, params.title, [int(snakemake.wildcards.neuron)], params.charted, params.simulator
)
with store.create_file(snakemake.output[0], provenance) as temporary:
    figure = neuron.draw_neuron(view, images, params.seed)
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
