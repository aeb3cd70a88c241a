"""Draw a neuron at places: activation maps, real and simulated, over images. Output: PNG, SVG or PDF."""

import numpy as np

from linexp import explanations
from linexp.artifacts import store
from linexp.figures import place_maps, style
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes import crops, index
from linexp.probes.selected import OnDemand
from linexp.probes.sources import open_source

runtime.start(snakemake)
files, params, neuron = snakemake.input, snakemake.params, int(snakemake.wildcards.neuron)
of_probe = [files.index, files.crops, files.activations, files.explanations, files.simulation]
provenance = store.provenance_of(snakemake, store.same_probe(*of_probe))
images = index.IndexedImages(open_source(params.images), store.read_table(files.index))
(boxes,), (neurons,) = store.read_arrays(files.crops, "boxes"), store.read_arrays(files.simulation, "neurons")
place = recorded.place_of(files.simulation, neurons, neuron)
shape = len(images), params.grid, params.grid
with store.open_arrays(files.activations) as file:
    activations = store.read_columns(file["activations"], neuron).reshape(shape)
with store.open_arrays(files.simulation) as file:
    simulated = store.read_columns(file["simulated"], place).reshape(shape)
explained = explanations.from_table(store.read_table(files.explanations))[place]
view = place_maps.PlaceView(
    params.title, neuron, params.method, explained, params.simulator, activations, np.asarray(simulated)
)
seen = OnDemand(len(images), lambda row: crops.cut_out(images[row], tuple(boxes[row]), place_maps.SIDE))
with store.create_file(snakemake.output[0], provenance) as temporary:
    figure = place_maps.draw_places(view, seen, params.seed)
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
