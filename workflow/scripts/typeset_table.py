"""Set a table of the paper in Markdown or LaTeX, from its CSV."""

from linexp import paper_tables, runtime, store, table_markup

runtime.start(snakemake)
typeset = {"md": table_markup.to_markdown, "tex": table_markup.to_latex}[snakemake.wildcards.markup]
table = paper_tables.read_filled(snakemake.input.table)
text = typeset(table, snakemake.params.caption, snakemake.params.stub)
with store.atomic(snakemake.output[0]) as temporary:
    temporary.write_text(text, encoding="utf-8")
