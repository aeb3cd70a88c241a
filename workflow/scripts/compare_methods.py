"""Compare the methods of a layer pair by pair. Output: CSV, one row a simulator, metric and pair of methods."""

from linexp import metrics
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.scoring import summary

runtime.start(snakemake)
scores = store.read_table(snakemake.input.scores).to_pandas()
higher_is_better = {name: metric.higher_is_better for name, metric in metrics.METRICS.items()}
compared = summary.compare(scores, higher_is_better, snakemake.params.seed)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.scores))
store.write_csv(snakemake.output[0], provenance, compared)
