"""Fill a table of the paper with what is measured of a user's targets. Output: CSV, one row a cell."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.paper.tables import Cell, fill

runtime.start(snakemake)
cells = [Cell(**cell) for cell in snakemake.params.cells]
table = fill(int(snakemake.wildcards.number), cells, snakemake.params.seed)
store.write_csv(snakemake.output[0], store.provenance_of(snakemake, ""), table, numbers="%.6g")
