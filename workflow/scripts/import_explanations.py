"""Explanations from a published file. Output: Parquet, one row a neuron, published scores beside."""

from linexp import importers
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recorded

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations))
with store.open_arrays(files.activations) as file:
    n_neurons = file["activations"].shape[1]
    neurons = recorded.numbers_of(file["activations"], params.neurons)
table = importers.read_explanations(files.file, params.format, params.layer)
importers.check_layer_size(table, n_neurons, files.file)
store.write_table(snakemake.output[0], provenance, importers.complete(table, neurons))
