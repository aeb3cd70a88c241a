"""Put the ablation scores of all blocks of a layer together. Output: Parquet, as of a layer in one piece."""

from linexp.artifacts import store
from linexp.effects.blocks import merge_tables
from linexp.jobs import runtime

runtime.start(snakemake)
blocks = snakemake.input.blocks
table = merge_tables([store.read_table(path) for path in blocks], len(snakemake.params.pairs))
store.write_table(snakemake.output[0], store.provenance_of(snakemake, store.same_probe(*blocks)), table)
