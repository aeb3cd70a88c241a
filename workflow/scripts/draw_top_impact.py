"""Draw Top Impact of a layer, or of all layers of a target (Eq. 4). Output: PNG or SVG."""

from linexp import figure_style, impact_figure, runtime, store

runtime.start(snakemake)
files, params = snakemake.input.impacts, snakemake.params
fingerprint = store.same_probe(*files)
impacts = {name: store.read_table(path).to_pandas() for name, path in zip(params.layers, files, strict=True)}
figure = impact_figure.draw_top_impact(impacts, params.title)
provenance = store.Provenance.of(snakemake, fingerprint).attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
