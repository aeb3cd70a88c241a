"""Record a model's outputs of all images, or of a block of them, or put those of all blocks together.

Output: HDF5 with logits (n_images, n_classes) float32, labels int64 and a temperature; of a block logits alone.
"""

from itertools import chain

from linexp.artifacts import store
from linexp.artifacts.parts import put_together
from linexp.jobs import runtime
from linexp.networks import outputs, targets
from linexp.probes import sources
from linexp.probes.batches import ImageRows, image_batches, rows_of_block
from linexp.probes.index import IndexedImages, rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params, parts, block = snakemake.params, snakemake.input.get("image_blocks"), snakemake.params.get("block")
index = store.read_table(snakemake.input.index)
source, rows = sources.open_source(params.images), rows_of_block(block, len(index))


def labels_of(n_classes):
    """The model's own class numbers of all images."""
    return outputs.model_labels(index["label"].to_numpy(), source.class_names, params.class_map, n_classes)


def write_logits(file):
    if parts:
        return put_together(file, parts, "logits", len(rows))
    network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
    images, size = ImageRows(IndexedImages(source, index), rows), snakemake.resources.batch_size
    batches = image_batches(images, preprocess, size, snakemake.threads, "recording outputs")
    blocks = outputs.record_logits(runtime.on_device(network), batches)
    if (first := next(blocks, None)) is not None:
        labels_of(first.shape[1])  # before the other images: a wrong class_map is told at once
        store.write_rows(file, "logits", chain([first], blocks), len(rows))


with store.create_arrays(snakemake.output[0], provenance) as file:
    write_logits(file)
    if not block:
        labels, val = labels_of(file["logits"].shape[1]), rows_of(index, "val")
        store.write_array(file, "labels", labels)
        file.attrs["temperature"] = outputs.temperature(params.temperature, file["logits"], labels, val)
