"""Draw how many concepts explanations have, by method. Output: PNG or SVG."""

from linexp.artifacts import store
from linexp.figures import style
from linexp.figures.scores import draw_lengths
from linexp.jobs import runtime

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
scores = store.read_table(path).to_pandas()
of_simulator = scores[scores["simulator"] == params.simulator]
lengths = {method: rows["n_concepts"].to_numpy() for method, rows in of_simulator.groupby("method", sort=False)}
figure = draw_lengths(lengths, params.title)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(path))
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
