"""Measure where the neurons of a layer, or of a block of it, are active against masks.

Output: HDF5 with iou, thresholds and the concepts.
"""

from linexp import dissection, image_sources, pixel_labels, probe_index, runtime, store, targets

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
fingerprint = store.same_probe(*filter(None, (files.index, files.get("masks"))))
index = store.read_table(files.index)
source = image_sources.open_source(params.images)
labels = pixel_labels.open_pixel_labels(params.pixel_labels, files.get("masks"))
network, preprocess = targets.open_target(params.model, files, params.seed)
rows = probe_index.rows_of(index, params.split)
images = dissection.LabelledImages(
    probe_index.IndexedImages(source, index),
    labels,
    rows,
    probe_index.indexed_source(source, index).rows[rows],
    preprocess,
    params.batch_size,
    snakemake.threads,
)
layer = params.layer
found = dissection.dissect(
    network.to(runtime.device()),
    layer["module"],
    images,
    layer["channels"],
    params.top_fraction,
    params.get("block", (1, 1)),
)
store.write_arrays(
    snakemake.output[0],
    store.Provenance.of(snakemake, fingerprint),
    {**vars(found), "concepts": labels.concepts, "categories": labels.categories},
)
