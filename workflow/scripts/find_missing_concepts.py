"""The concept of a wider set that each explanation of a method lacks most. Output: Parquet, one row a neuron."""

import pyarrow as pa

from linexp import explanations
from linexp.artifacts import store
from linexp.fitting import missing_concepts
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
names = ("index", "activations", "explanations", "presence", "wider")
sources = missing_concepts.MissingFiles(*(files[name] for name in names))
provenance = store.provenance_of(snakemake, store.same_probe(*(files[name] for name in names)))
explained = explanations.from_table(store.read_table(files.explanations))
table = missing_concepts.find(sources, explained, params.neurons, snakemake.threads)
types = pa.schema([("neuron", pa.int32()), ("missing_concept", pa.string()), ("missing_correlation", pa.float64())])
store.write_table(snakemake.output[0], provenance, pa.Table.from_pandas(table, types, preserve_index=False))
