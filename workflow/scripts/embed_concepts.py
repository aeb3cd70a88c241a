"""Embed a concept set with an image-text model. Output: HDF5 with embeddings (n_concepts, dim) float32."""

from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime

runtime.start(snakemake)
concepts = store.read_table(snakemake.input.concepts)["concept"].to_pylist()
model = image_text.load(snakemake.params.model, snakemake.input.weights)
embeddings = model.embed_concepts(concepts).numpy()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.concepts))
store.write_arrays(
    snakemake.output[0],
    provenance,
    {"embeddings": embeddings, "concepts": concepts},
)
