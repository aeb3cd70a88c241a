"""Embed all images with an image-text model. Output: HDF5 with embeddings (n_images, dim) float32, unit norm."""

from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime
from linexp.jobs.gpu_memory import map_what_fits
from linexp.probes import sources
from linexp.probes.batches import image_batches
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = sources.open_source(params.images)
model = image_text.load(params.model, snakemake.input.weights, snakemake.input.get("tokenizer"))
batches = image_batches(
    IndexedImages(source, index),
    model.preprocess,
    snakemake.resources.batch_size,
    snakemake.threads,
    "embedding",
)
with store.create_arrays(snakemake.output[0], provenance) as file:
    embedded = map_what_fits(lambda batch: model.embed_images(batch).numpy(), batches)
    store.write_rows(file, "embeddings", embedded, len(index))
