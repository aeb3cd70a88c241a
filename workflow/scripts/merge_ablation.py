"""Put the ablation scores of a layer together. Output: Parquet, one row a method, simulator and neuron."""

import pyarrow as pa

from linexp.artifacts import store
from linexp.jobs import runtime

runtime.start(snakemake)
parts = snakemake.input.parts
provenance = store.provenance_of(snakemake, store.same_probe(*parts))
store.write_table(snakemake.output[0], provenance, pa.concat_tables(map(store.read_table, parts)))
