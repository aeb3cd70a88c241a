"""Simulate explained neurons at places by pixel labels, an upper bound. Output: HDF5 with neurons and simulated.

Concepts that are not among the labels count as nowhere.
"""

import sys

import numpy as np

from linexp import explanations
from linexp.artifacts import store
from linexp.concepts.areas import open_areas
from linexp.jobs import runtime
from linexp.scoring import simulation

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
explained = explanations.from_table(store.read_table(files.explanations))
labelled = store.read_strings(files.areas, "concepts")
used = list(dict.fromkeys(concept for explanation in explained for concept in explanation.concepts))
known = sorted(set(used) & set(labelled), key=labelled.index)
print(f"simulation: {len(known)} of {len(used)} concepts are among the pixel labels", file=sys.stderr)
weights = simulation.sparse_weights(explained, [*known, *(concept for concept in used if concept not in known)])
provenance = store.provenance_of(snakemake, store.same_probe(files.explanations, files.areas))
with open_areas(files.areas) as covered, store.create_arrays(snakemake.output[0], provenance) as file:
    of_known = covered.only(np.array([labelled.index(concept) for concept in known], np.intp))
    begins = range(0, len(covered), store.ROWS_PER_BLOCK)
    blocks = (of_known.of(np.arange(begin, min(begin + store.ROWS_PER_BLOCK, len(covered)))) for begin in begins)
    simulated = simulation.simulate_blocks(blocks, weights[: len(known)])
    store.write_rows(file, "simulated", simulated, len(covered), chunk_columns=64)
    store.write_array(file, "neurons", np.array([explanation.neuron for explanation in explained], np.int32))
