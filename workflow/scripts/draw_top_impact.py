"""Draw Top Impact of a layer, or of all layers of a target (Eq. 4). Output: PNG or SVG."""

from linexp.artifacts import store
from linexp.figures import style, top_impact
from linexp.jobs import runtime

runtime.start(snakemake)
files, params = snakemake.input.impacts, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(*files))
impacts = {name: store.read_table(path).to_pandas() for name, path in zip(params.layers, files, strict=True)}
figure = top_impact.draw_top_impact(impacts, params.title)
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
