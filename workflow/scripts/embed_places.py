"""Embed the places that a target sees of all images, or of a block of them, or put those of all blocks together.

Output: HDF5 with embeddings (n_images · grid², dim) float16. Rows are of unit norm, by image, then by cell row by row;
attributes grid, and way, which of the model's ways was taken.
"""

import numpy as np

from linexp.artifacts import store
from linexp.artifacts.parts import put_together
from linexp.concepts import image_text
from linexp.jobs import runtime
from linexp.networks.dense import embedding
from linexp.probes import sources
from linexp.probes.batches import ImageRows, rows_of_block
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params, grid = snakemake.input, snakemake.params, snakemake.params.grid
parts = files.get("image_blocks")
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.crops))
index, (boxes,) = store.read_table(files.index), store.read_arrays(files.crops, "boxes")
rows = rows_of_block(params.get("block"), len(index))
with store.create_arrays(snakemake.output[0], provenance) as file:
    if parts:
        put_together(file, parts, "embeddings", len(rows) * grid**2)
    else:
        model = image_text.load(params.model, files.weights, files.get("tokenizer"))
        encoder = embedding.place_encoder(model, grid, params.dense)
        images = ImageRows(IndexedImages(sources.open_source(params.images), index), rows)
        views = embedding.Views(images, boxes[rows.start : rows.stop])
        embedded = embedding.embedded_places(encoder, views, snakemake.resources.batch_size, snakemake.threads)
        store.write_rows(file, "embeddings", embedded, len(rows) * grid**2, kind=np.float16)
        file.attrs["grid"], file.attrs["way"] = grid, encoder.way.name
