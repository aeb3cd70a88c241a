"""Fill a table of the paper with what is measured of a user's targets. Output: CSV, one row a cell."""

from linexp import paper_tables, runtime, store

runtime.start(snakemake)
cells = [paper_tables.Cell(**cell) for cell in snakemake.params.cells]
table = paper_tables.fill(int(snakemake.wildcards.number), cells, snakemake.params.seed)
with store.atomic(snakemake.output[0]) as temporary:
    table.to_csv(temporary, index=False, float_format="%.6g")
