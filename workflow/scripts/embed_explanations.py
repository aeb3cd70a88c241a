"""Embed the texts of explanations from elsewhere. Output: HDF5 with embeddings (n_concepts, dim) float32, cut."""

from linexp import explanations
from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.explanations))
explained = explanations.from_table(store.read_table(snakemake.input.explanations))
concepts = list(dict.fromkeys(concept for explanation in explained for concept in explanation.concepts))
files = snakemake.input
model = image_text.load(snakemake.params.model, files.weights, files.get("tokenizer"))
store.write_arrays(snakemake.output[0], provenance, image_text.embedded(model, concepts))
