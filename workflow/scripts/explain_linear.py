"""Linear explanations of a layer (§3.2). Output: Parquet, one row a neuron."""

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import data, linear
from linexp.fitting.lengths import lengths_of
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
fingerprint, reference = sources.same_probe(), files.get("reference")
if reference:
    store.same_probe(files.index, reference)
provenance = store.provenance_of(snakemake, fingerprint)
lengths, explained = None, []
for problem in data.read_problems(sources, params.neurons, params.paper_parity, snakemake.threads):
    weights = None
    if reference:
        lengths = lengths_of(explanations.from_table(store.read_table(reference)), problem.neurons.tolist())
    if params.method.get("solver") == "glm_saga":
        from linexp.fitting import glm_saga

        p, q = data.standardised_train(sources, problem, problem.neurons)
        weights = glm_saga.glm_saga_weights(p, q, params.method["lambda"], params.method["alpha"])
    explained += linear.explain(problem, params.method, weights, snakemake.threads, lengths)
store.write_table(snakemake.output[0], provenance, explanations.to_table(explained))
