from dataclasses import asdict

from linexp import paper_tables

TABLE_NUMBERS = one_of(f"{number:02d}" for number in paper_tables.paper_tables())


def table_cells(wildcards):
    """The cells of a table as keyword arguments, with the files that they are measured from."""
    return [asdict(cell) for cell in table_sources.table_cells(config, int(wildcards.number))]


def table_files(wildcards):
    """The artifacts that a table is measured from, each once."""
    return list(dict.fromkeys(path for cell in table_cells(wildcards) for path in cell["files"]))


def paper_table(wildcards):
    return paper_tables.paper_tables()[int(wildcards.number)]
