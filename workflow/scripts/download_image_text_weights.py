"""Download the weights of an image-text model. Output: safetensors."""

from linexp import image_text, runtime, store, weights

runtime.start(snakemake)
state = image_text.download(snakemake.params.model)
weights.write_weights(snakemake.output[0], state, store.Provenance.of(snakemake, "").attributes())
