"""Draw the distribution of scores by method. Output: PNG or SVG."""

from linexp import figure_style, runtime, score_figures, store

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
figure = score_figures.draw_scores(store.read_table(path).to_pandas(), params.title, params.simulator)
provenance = store.Provenance.of(snakemake, store.probe_fingerprint(path)).attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
