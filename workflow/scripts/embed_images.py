"""Embed all images, or a block of them, with an image-text model, or put the embeddings of all blocks together.

Output: HDF5 with embeddings (n_images, dim) float32, unit norm.
"""

from linexp.artifacts import store
from linexp.artifacts.parts import put_together
from linexp.concepts import image_text
from linexp.jobs import runtime
from linexp.jobs.gpu_memory import map_what_fits
from linexp.probes import sources
from linexp.probes.batches import ImageRows, image_batches, rows_of_block
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
runtime.keep_freed_memory()
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params, parts = snakemake.params, snakemake.input.get("image_blocks")
index = store.read_table(snakemake.input.index)
rows = rows_of_block(params.get("block"), len(index))


def embedded():
    """Blocks of embeddings."""
    images = IndexedImages(sources.open_source(params.images), index)
    model = image_text.load(params.model, snakemake.input.weights, snakemake.input.get("tokenizer"))
    size, threads = snakemake.resources.batch_size, snakemake.threads
    batches = image_batches(ImageRows(images, rows), model.preprocess, size, threads, "embedding")
    return map_what_fits(lambda batch: model.embed_images(batch).numpy(), batches)


with store.create_arrays(snakemake.output[0], provenance) as file:
    if parts:
        put_together(file, parts, "embeddings", len(rows))
    else:
        store.write_rows(file, "embeddings", embedded(), len(rows))
