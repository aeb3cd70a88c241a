"""Network Dissection explanations of a layer. Output: Parquet, one row a neuron."""

import sys

from linexp import explanations
from linexp.artifacts import store
from linexp.dissection import best_overlap
from linexp.jobs import runtime

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
iou, constant = store.read_arrays(files.dissection, "iou", "constant")
neurons = range(len(iou)) if params.neurons is None else params.neurons
explained = best_overlap.explain(
    iou, constant, neurons, store.read_strings(files.dissection, "concepts"), params.minimum_iou
)
print(best_overlap.summary(iou), file=sys.stderr)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(files.index))
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
