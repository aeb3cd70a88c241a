"""Set a table of the paper in Markdown or LaTeX, from its CSV."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.paper import markup, tables

runtime.start(snakemake)
typeset = {"md": markup.to_markdown, "tex": markup.to_latex}[snakemake.wildcards.markup]
table = tables.read_filled(snakemake.input.table)
text = typeset(table, snakemake.params.caption, snakemake.params.stub)
with store.create_file(snakemake.output[0], store.provenance_of(snakemake, "")) as temporary:
    temporary.write_text(text, encoding="utf-8")
