"""Draw correlation against ablation score, with the quadratic fit (Fig. 5). Output: PNG or SVG."""

from linexp.artifacts import store
from linexp.figures import style
from linexp.figures.scores import draw_correlation_against_ablation
from linexp.jobs import runtime

runtime.start(snakemake)
path, params = snakemake.input.scores, snakemake.params
scores = store.read_table(path).to_pandas()
figure = draw_correlation_against_ablation(scores, params.title, params.simulator)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(path))
with store.create_file(snakemake.output[0], provenance) as temporary:
    style.save_figure(figure, temporary, snakemake.wildcards.format, provenance.summary())
