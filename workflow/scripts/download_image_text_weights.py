"""Download the weights of an image-text model. Output: safetensors."""

from linexp.artifacts import store, weights
from linexp.concepts import image_text
from linexp.jobs import runtime

runtime.start(snakemake)
state = image_text.download(snakemake.params.model)
weights.write_weights(snakemake.output[0], state, store.provenance_of(snakemake, ""))
