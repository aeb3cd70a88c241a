"""Train a classifier. Output: its weights (safetensors), and its settings, losses and accuracy (JSON)."""

import numpy as np

from linexp.artifacts import store, weights
from linexp.jobs import runtime
from linexp.networks import training
from linexp.probes import sources
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
settings, images = snakemake.params.model, snakemake.params.images
index = store.read_table(snakemake.input.index)
source = sources.open_source(images)
network, record = training.train_classifier(
    training.load_pixels(IndexedImages(source, index), settings["size"], snakemake.threads),
    index["label"].to_numpy(),
    np.array(index["split"].to_pylist()),
    len(source.class_names),
    settings,
    snakemake.params.seed,
)
weights.write_weights(snakemake.output.weights, network.state_dict(), provenance)
store.write_json(snakemake.output.training, provenance, record | {"class_names": list(source.class_names)})
