"""Linear explanations of a layer (§3.2). Output: Parquet, one row a neuron."""

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import data, linear
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
provenance = store.provenance_of(snakemake, sources.same_probe())
problem = data.read_problem(sources, params.neurons, params.paper_parity, snakemake.threads)
weights = None
if params.method["solver"] == "glm_saga":
    from linexp.fitting import glm_saga

    p, q = data.standardised_train(sources, problem, params.neurons)
    weights = glm_saga.glm_saga_weights(p, q, params.method["lambda"], params.method["alpha"])
explained = linear.explain(problem, params.method, weights, snakemake.threads)
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
