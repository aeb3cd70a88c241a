"""Record a layer over all images. Output: HDF5 with activations (n_images, n_neurons) float32 and dead (bool).

At places rows are (image, cell), and the attributes grid and places say how many.
"""

import numpy as np

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recording, targets
from linexp.networks.units.opening import open_recorded
from linexp.probes import sources
from linexp.probes.batches import ImageRows, image_batches
from linexp.probes.index import IndexedImages, rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = sources.open_source(params.images)
network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
size, threads = snakemake.resources.batch_size, snakemake.threads
layer = params.layer
units, part, grid = open_recorded(layer), layer.get("output"), layer.get("places", 1)
run = runtime.on_device(network), layer["module"], units


def batches_of(rows, description):
    return image_batches(ImageRows(IndexedImages(source, index), rows), preprocess, size, threads, description)


if units.is_undecided:
    train = rows_of(index, "train")
    some = train[:: max(1, len(train) // recording.TO_DECIDE_BY)]
    recording.decide_units(*run, batches_of(some, "trying how the units are read"), part)
blocks = recording.record_activations(*run, batches_of(range(len(index)), "recording"), part)
highest = recording.Highest()
with store.create_arrays(snakemake.output[0], provenance) as file:
    store.write_rows(file, "activations", highest.of(blocks), len(index) * grid**2, 64, units.is_sparse)
    of_places = {"grid": grid, "places": grid**2} if grid > 1 else {}
    for name, value in (units.told() | of_places).items():
        file.attrs[name] = value
    if units.names is not None:
        store.write_array(file, "names", units.names)
    store.write_array(file, "dead", np.asarray(recording.dead(highest.values, units)))
