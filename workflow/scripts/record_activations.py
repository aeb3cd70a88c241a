"""Record a layer over all images. Output: HDF5 with activations (n_images, n_neurons) float32 and dead (bool)."""

import numpy as np
import torch

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recording, targets
from linexp.networks.units.opening import open_units
from linexp.probes import sources
from linexp.probes.batches import image_batches
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = sources.open_source(params.images)
network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
size, threads = snakemake.resources.batch_size, snakemake.threads
batches = image_batches(IndexedImages(source, index), preprocess, size, threads, "recording")
layer = params.layer
units = open_units(layer)
blocks = recording.record_activations(runtime.on_device(network), layer["module"], units, batches, layer.get("output"))
highest: list[torch.Tensor] = []


def with_maximum(blocks):
    """Keep the running maximum of each neuron while the blocks pass by."""
    for block in blocks:
        highest[:] = [torch.stack([block.amax(0), *highest]).amax(0)]
        yield block.numpy()


with store.create_arrays(snakemake.output[0], provenance) as file:
    store.write_rows(file, "activations", with_maximum(blocks), len(index), chunk_columns=64)
    for name, value in units.told().items():
        file.attrs[name] = value
    if units.names is not None:
        store.write_array(file, "names", units.names)
    store.write_array(file, "dead", np.asarray(recording.dead(highest[0], units)))
