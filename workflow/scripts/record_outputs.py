"""Record a model's outputs. Output: HDF5 with logits (n_images, n_classes) float32, labels int64 and a temperature."""

from itertools import chain

import numpy as np

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import outputs, targets
from linexp.probes import sources
from linexp.probes.batches import image_batches
from linexp.probes.index import IndexedImages, rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = sources.open_source(params.images)
network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
batches = image_batches(
    IndexedImages(source, index), preprocess, snakemake.resources.batch_size, snakemake.threads, "recording outputs"
)
blocks = outputs.record_logits(runtime.on_device(network), batches)
first = next(blocks)
# before the other images: a wrong class_map is told at once
labels = outputs.model_labels(index["label"].to_numpy(), source.class_names, params.class_map, first.shape[1])
val = rows_of(index, "val")
with store.create_arrays(snakemake.output[0], provenance) as file:
    store.write_rows(file, "logits", chain([first], blocks), len(index))
    store.write_array(file, "labels", labels)
    temperature = params.temperature
    if temperature == "fit":
        temperature = outputs.fit_temperature(np.concatenate(list(store.row_blocks(file["logits"], val))), labels[val])
    file.attrs["temperature"] = temperature
