"""Null control: random concepts with fitted weights, as many as a reference has. Output: Parquet, one row a neuron."""

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import data, random_concepts
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
sources.same_probe()
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.reference))
reference = explanations.from_table(store.read_table(files.reference))
explained = []
for problem in data.read_problems(sources, params.neurons, params.paper_parity, snakemake.threads):
    explained += random_concepts.random_concepts(problem, reference, params.seed, snakemake.threads)
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
