"""Record where neurons fire in the images that are shown of them.

Output: HDF5 with maps (k, height, width) float32, and boxes of what the network sees of each image (`artifacts.maps`).
"""

import sys

from linexp.artifacts import maps, store
from linexp.figures import shown_images
from linexp.jobs import runtime
from linexp.networks import recorded, shown_maps, targets
from linexp.networks.units.opening import open_units
from linexp.probes import sources
from linexp.probes.index import IndexedImages, rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params, layer = snakemake.input, snakemake.params, snakemake.params.layer
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations))
index = store.read_table(files.index)
neuron = snakemake.wildcards.get("neuron")
if neuron is None:
    test = rows_of(index, "test")
    shown = list(shown_images.images_of_layer(files.activations, params.neurons, test, len(index), params.seed))
else:
    _, activations = recorded.read_activations(files.activations, [int(neuron)])
    shown = [(int(neuron), shown_images.images_of_ranges(activations[:, 0], params.seed))]
network, preprocess = targets.open_target(params.model, files, params.seed)
found = shown_maps.maps_of_shown(
    runtime.on_device(network),
    layer,
    open_units(layer, files.activations),
    IndexedImages(sources.open_source(params.images), index),
    preprocess,
    shown,
    snakemake.resources.batch_size,
    snakemake.threads,
)
if found.why_none:
    print(f"there are no maps: {found.why_none}", file=sys.stderr)
maps.write_maps(snakemake.output[0], provenance, found)
