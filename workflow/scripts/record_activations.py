"""Record a layer over all images, or a block of them, or put what was recorded of all blocks together.

Output: HDF5 with activations (n_images, n_neurons) float32 and dead (bool). At places rows are (image, cell), and the
attributes grid and places say how many.
"""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recording, targets
from linexp.networks.units.opening import open_recorded
from linexp.networks.writing import put_together, write_recorded
from linexp.probes import sources
from linexp.probes.batches import ImageRows, image_batches, rows_of_block
from linexp.probes.index import IndexedImages, rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params, parts, layer = snakemake.params, snakemake.input.get("image_blocks"), snakemake.params.layer
index, grid, part = store.read_table(snakemake.input.index), layer.get("places", 1), layer.get("output")
rows = rows_of_block(params.get("block"), len(index))


def record(file):
    images, units = IndexedImages(sources.open_source(params.images), index), open_recorded(layer)
    network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
    run = runtime.on_device(network), layer["module"], units

    def batches_of(some, description):
        size, threads = snakemake.resources.batch_size, snakemake.threads
        return image_batches(ImageRows(images, some), preprocess, size, threads, description)

    if units.is_undecided:
        train = rows_of(index, "train")
        some = train[:: max(1, len(train) // recording.TO_DECIDE_BY)]
        recording.decide_units(*run, batches_of(some, "trying how the units are read"), part)
    blocks = recording.record_activations(*run, batches_of(rows, "recording"), part)
    write_recorded(file, blocks, len(rows), units, grid)


with store.create_arrays(snakemake.output[0], provenance) as file:
    if parts:
        put_together(file, parts, len(index), grid)
    else:
        record(file)
