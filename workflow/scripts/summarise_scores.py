"""Summarise the scores of a layer. Output: CSV, one row a method and simulator."""

from linexp import runtime, scoring, store

runtime.start(snakemake)
scores = store.read_table(snakemake.input.scores).to_pandas()
with store.atomic(snakemake.output[0]) as temporary:
    scoring.summarise(scores, snakemake.params.seed).to_csv(temporary, index=False, float_format="%.6f")
