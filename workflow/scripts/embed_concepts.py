"""Embed a concept set with an image-text model. Output: HDF5 with embeddings (n_concepts, dim) float32, and cut."""

from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime

runtime.start(snakemake)
concepts = store.read_table(snakemake.input.concepts)["concept"].to_pylist()
files = snakemake.input
model = image_text.load(snakemake.params.model, files.weights, files.get("tokenizer"))
provenance = store.provenance_of(snakemake, store.probe_fingerprint(files.concepts))
store.write_arrays(snakemake.output[0], provenance, image_text.embedded(model, concepts))
