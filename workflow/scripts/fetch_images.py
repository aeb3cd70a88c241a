"""Fetch the Parquet files of a data set on the Hugging Face hub. Output: JSON that lists them; they lie beside it."""

from pathlib import Path

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes import hub

runtime.start(snakemake)
record = Path(snakemake.output[0])
files = hub.fetch(snakemake.params.images, record.with_suffix(""))
store.write_json(record, store.provenance_of(snakemake, ""), {"files": files})
