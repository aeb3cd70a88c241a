"""How often resampled images choose the concepts of linear explanations again. Output: Parquet, one row a neuron."""

from functools import partial

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import data, stability, stable
from linexp.jobs import runtime
from linexp.probes.index import contents_of

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
sources.same_probe()
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.explanations))
explained = explanations.from_table(store.read_table(files.explanations))
index = store.read_table(files.index)
contents = {split: contents_of(index, split) for split in ("train", "val")}
found = []
for problem in data.read_problems(sources, params.neurons, params.paper_parity, snakemake.threads):
    here = explained[len(found) : len(found) + len(problem.neurons)]
    rows_of = partial(data.rows_of_split, sources, problem.neurons)
    found += stability.stability(problem, here, params.method, rows_of, contents, params.seed, snakemake.threads)
store.write_table(snakemake.output[0], provenance, stable.to_table(found))
