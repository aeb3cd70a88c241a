"""Draw correlation against ablation score, with the quadratic fit (Fig. 5). Output: PNG or SVG."""

from linexp import figure_style, runtime, score_figures, store

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
scores = store.read_table(path).to_pandas()
figure = score_figures.draw_correlation_against_ablation(scores, params.title, params.simulator)
provenance = store.Provenance.of(snakemake, store.probe_fingerprint(path)).attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
