"""Draw a neuron: explanations, area chart, images by activation, where it fires. Output: PNG, SVG or PDF."""

from linexp.artifacts import store
from linexp.figures import maps, neuron, neuron_view, style
from linexp.jobs import runtime
from linexp.probes import index
from linexp.probes.sources import open_source

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
simulation = files.get("simulation")
sources = neuron_view.ViewFiles(
    files.index,
    files.activations,
    files.scores,
    dict(zip(params.methods, files.explanations, strict=True)),
    files.get("presence"),
    files.get("maps"),
    maps.Simulation(simulation, params.mapped, params.simulator) if simulation else None,
    files.get("crops"),
)
provenance = store.provenance_of(snakemake, sources.same_probe())
images = index.IndexedImages(open_source(params.images), store.read_table(files.index))
charted = params.charted if sources.presence else None
number = int(snakemake.wildcards.neuron)
view = neuron_view.read_view(sources, params.title, number, charted, params.simulator, params.seed)
with store.create_file(snakemake.output[0], provenance) as temporary:
    figure = neuron.draw_neuron(view, images, params.seed)
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
