"""Train an image-text model. Output: its weights (safetensors), and its settings and losses (JSON)."""

import json
from pathlib import Path

import numpy as np

from linexp.artifacts import store, weights
from linexp.jobs import runtime
from linexp.networks import training
from linexp.probes import sources
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.same_probe(snakemake.input.index, snakemake.input.labels))
settings, images = snakemake.params.model, snakemake.params.images
index = store.read_table(snakemake.input.index)
configuration = json.loads(Path(settings["model"]).read_text(encoding="utf-8"))
size = configuration.get("model_cfg", configuration)["vision_cfg"]["image_size"]
source = sources.open_source(images)
network, record = training.train_image_text(
    training.load_pixels(IndexedImages(source, index), size, snakemake.threads),
    store.read_arrays(snakemake.input.labels, "labels")[0],
    store.read_strings(snakemake.input.labels, "concepts"),
    np.array(index["split"].to_pylist()),
    settings,
    snakemake.params.seed,
)
weights.write_weights(snakemake.output.weights, network.state_dict(), provenance)
store.write_json(snakemake.output.training, provenance, record)
