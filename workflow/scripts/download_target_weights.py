"""Download the published weights of a model to explain. Output: safetensors."""

from linexp.artifacts import store, weights
from linexp.jobs import runtime
from linexp.networks import targets

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, "")
state = targets.download(snakemake.params.model, snakemake.input)
weights.write_weights(snakemake.output[0], state, provenance)
