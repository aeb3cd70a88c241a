"""Draw how many concepts explanations have, by method. Output: PNG or SVG."""

from linexp import figure_style, runtime, score_figures, store

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
scores = store.read_table(path).to_pandas()
of_simulator = scores[scores["simulator"] == params.simulator]
lengths = {method: rows["n_concepts"].to_numpy() for method, rows in of_simulator.groupby("method", sort=False)}
figure = score_figures.draw_lengths(lengths, params.title)
provenance = store.Provenance.of(snakemake, store.probe_fingerprint(path)).attributes()
with store.atomic(snakemake.output[0]) as temporary:
    figure_style.save_figure(figure, temporary, snakemake.wildcards.format, provenance)
