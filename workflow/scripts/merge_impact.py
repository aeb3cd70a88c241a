"""Put the Top Impact of all blocks of a layer together. Output: Parquet, as of a layer in one piece."""

import pyarrow as pa

from linexp.artifacts import store
from linexp.jobs import runtime

runtime.start(snakemake)
blocks = snakemake.input.blocks
provenance = store.provenance_of(snakemake, store.same_probe(*blocks))
store.write_table(snakemake.output[0], provenance, pa.concat_tables(map(store.read_table, blocks)))
