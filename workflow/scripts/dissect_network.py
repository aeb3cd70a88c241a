"""Measure where the neurons of a layer, or of a block of it, are active against masks.

Output: HDF5 with iou, thresholds and the concepts.
"""

from linexp.artifacts import store
from linexp.dissection import overlaps
from linexp.jobs import runtime
from linexp.networks import targets
from linexp.networks.units.opening import open_units
from linexp.probes import pixel_labels, sources
from linexp.probes.index import IndexedImages, indexed_source, rows_of

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(*filter(None, (files.index, files.get("masks")))))
index = store.read_table(files.index)
source = sources.open_source(params.images)
labels = pixel_labels.open_pixel_labels(params.pixel_labels, files.get("masks"))
network, preprocess = targets.open_target(params.model, files, params.seed)
rows = rows_of(index, params.split)
images = overlaps.LabelledImages(
    IndexedImages(source, index),
    labels,
    rows,
    indexed_source(source, index).rows[rows],
    preprocess,
    snakemake.resources.batch_size,
    snakemake.threads,
)
layer = params.layer
found = overlaps.dissect(
    runtime.on_device(network),
    layer["module"],
    images,
    open_units(layer, files.get("activations")),
    params.top_fraction,
    params.get("block", (1, 1)),
    layer.get("output"),
)
store.write_arrays(
    snakemake.output[0],
    provenance,
    {**vars(found), "concepts": labels.concepts, "categories": labels.categories},
)
