"""Simulate explained neurons on all images (Eq. 9). Output: HDF5 with neurons and simulated (n_images, n)."""

import numpy as np

from linexp import explanations
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.scoring import simulation

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
explained = explanations.from_table(store.read_table(files.explanations))
concepts = store.read_strings(files.concepts, "concepts")
calibration = store.read_json(files.calibration)
(embeddings,) = store.read_arrays(files.concepts, "embeddings")
provenance = store.provenance_of(snakemake, store.same_probe(files.explanations, files.images, files.concepts))
with store.open_arrays(files.images) as images, store.create_arrays(snakemake.output[0], provenance) as file:
    simulated = simulation.simulate(
        store.row_blocks(images["embeddings"]),
        embeddings,
        simulation.sparse_weights(explained, concepts),
        calibration["a"],
        calibration["b"],
    )
    store.write_rows(file, "simulated", simulated, len(images["embeddings"]), chunk_columns=64)
    store.write_array(file, "neurons", np.array([explanation.neuron for explanation in explained], np.int32))
