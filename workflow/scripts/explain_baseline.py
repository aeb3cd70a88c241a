"""Explanations of a layer by a baseline. Output: Parquet, one row a neuron."""

from linexp import baselines, explanations
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes import index

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(
    snakemake, store.same_probe(files.images, files.concepts, files.activations, files.index)
)
rows = index.fitting_rows(store.read_table(files.index), params.paper_parity)
neurons, activations = recorded.read_activations(files.activations, params.neurons)
(images,), (texts,) = (store.read_arrays(path, "embeddings") for path in (files.images, files.concepts))
evidence = baselines.Evidence(
    neurons, activations[rows], images[rows], store.read_strings(files.concepts, "concepts"), texts
)
explained = baselines.BASELINES[params.kind](evidence, **params.settings)
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
