"""Draw the distribution of scores by method. Output: PNG or SVG."""

from linexp.artifacts import store
from linexp.figures import scores, style
from linexp.jobs import runtime

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
figure = scores.draw_scores(store.read_table(path).to_pandas(), params.title, params.simulator)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(path))
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
