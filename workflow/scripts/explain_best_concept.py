"""The plain baseline of one concept a neuron, by correlation on val. Output: Parquet, one row a neuron."""

from linexp import explanations, fitting_data, linear_explanations, runtime, store

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = fitting_data.FittingFiles(files.presence, files.moments, files.activations, files.index)
fingerprint = sources.same_probe()
problem = fitting_data.read_problem(sources, params.neurons, params.paper_parity, snakemake.threads)
explained = linear_explanations.best_concept(problem)
store.write_table(snakemake.output[0], store.Provenance.of(snakemake, fingerprint), explanations.to_table(explained))
