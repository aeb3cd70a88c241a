"""Download the published weights of a model to explain. Output: safetensors."""

from linexp import runtime, store, targets, weights

runtime.start(snakemake)
state = targets.download(snakemake.params.model)
weights.write_weights(snakemake.output[0], state, store.Provenance.of(snakemake, "").attributes())
