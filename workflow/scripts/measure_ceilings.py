"""How well neurons can be predicted at most (`ceilings`), by a P. Output: Parquet, one row a neuron."""

import pyarrow as pa

from linexp.artifacts import store
from linexp.fitting import ceilings, data
from linexp.jobs import runtime

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
sources = data.FittingFiles(files.presence, files.moments, files.activations, files.index)
sources.same_probe()
of_simulator = [files.images, files.concepts, files.calibration]
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.images, files.concepts))
table = ceilings.measure(ceilings.CeilingFiles(sources, *of_simulator), snakemake.params.neurons, snakemake.threads)
store.write_table(snakemake.output[0], provenance, pa.Table.from_pandas(table, preserve_index=False))
