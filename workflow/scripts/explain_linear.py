"""Linear explanations of a layer (§3.2). Output: Parquet, one row a neuron."""

from linexp import explanations, fitting_data, linear_explanations, runtime, store

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = fitting_data.FittingFiles(files.presence, files.moments, files.activations, files.index)
fingerprint = sources.same_probe()
problem = fitting_data.read_problem(sources, params.neurons, params.paper_parity, snakemake.threads)
weights = None
if params.method["solver"] == "glm_saga":
    from linexp import published_solver

    p, q = fitting_data.standardised_train(sources, problem, params.neurons)
    weights = published_solver.glm_saga_weights(p, q, params.method["lambda"], params.method["alpha"])
explained = linear_explanations.explain(problem, params.method, weights, snakemake.threads)
store.write_table(snakemake.output[0], store.Provenance.of(snakemake, fingerprint), explanations.to_table(explained))
