"""Summarise the scores of a layer with their uncertainty, sanity checks and null controls. Output: CSV.

One row a method and simulator, as `summary.summarise` describes it; what is undefined is empty.
"""

import pandas as pd

from linexp import metrics
from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes.index import copies_in
from linexp.scoring import summary
from linexp.scoring.scores import CEILING, OF_PLACES

runtime.start(snakemake)
files = snakemake.input
optional = filter(None, (files.get("shuffled"), files.get("untrained")))
tables = [files.index, files.activations, files.scores, *optional]
provenance = store.provenance_of(snakemake, store.same_probe(*tables))


def table(name):
    return store.read_table(files[name]).to_pandas() if files.get(name) else None


scores = table("scores")
of_places = [name for name in (*OF_PLACES, CEILING) if name in scores]
summarised = summary.summarise(
    scores,
    [*metrics.METRICS, *of_places, "ablation_constant"],
    snakemake.params.seed,
    pd.read_csv(files.sanity) if files.get("sanity") else None,
    table("shuffled"),
    table("untrained"),
    recorded.told_of(files.activations, summary.OF_FEATURES),
)
summarised["copies"] = copies_in(store.read_table(files.index))
store.write_csv(snakemake.output[0], provenance, summarised)
