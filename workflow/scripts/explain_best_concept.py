"""The plain baseline of one concept a neuron, by correlation on val. Output: Parquet, one row a neuron."""

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import data, linear
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
provenance = store.provenance_of(snakemake, sources.same_probe())
explained = []
for problem in data.read_problems(sources, params.neurons, params.paper_parity, snakemake.threads):
    explained += linear.best_concept(problem)
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
