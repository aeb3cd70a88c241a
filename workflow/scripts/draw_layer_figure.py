"""Draw a figure of a layer, or of all layers of a target. Output: PNG, SVG or PDF."""

from linexp.artifacts import store
from linexp.figures.of_layer import FIGURES
from linexp.figures.style import save_figure
from linexp.jobs import runtime


def read(found):
    """Artifacts as a figure takes them: tables, mappings, or a list of them."""
    if not isinstance(found, str):
        return [read(path) for path in found]
    return store.read_json(found) if found.endswith(".json") else store.read_table(found)


runtime.start(snakemake)
files, params, figure = snakemake.input, snakemake.params, FIGURES[snakemake.params.figure]
tables = [path for path in files if path.endswith(".parquet")]
provenance = store.provenance_of(snakemake, store.same_probe(*tables) if tables else "")
drawn = figure.draw({name: read(files[name]) for name in figure.inputs}, params.settings)
with store.create_file(snakemake.output[0], provenance) as temporary:
    save_figure(drawn, temporary, snakemake.wildcards.format, provenance.summary())
