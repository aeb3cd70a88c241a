"""Embed the places that a target sees of images. Output: HDF5 with embeddings (n_images · grid², dim) float16.

Rows are of unit norm, by image, then by cell row by row; attributes grid, and way, which of the model's ways was taken.
"""

import numpy as np

from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime
from linexp.networks.dense import embedding
from linexp.probes import sources
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params, grid = snakemake.input, snakemake.params, snakemake.params.grid
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.crops))
index, (boxes,) = store.read_table(files.index), store.read_arrays(files.crops, "boxes")
model = image_text.load(params.model, files.weights, files.get("tokenizer"))
encoder = embedding.place_encoder(model, grid, params.dense)
views = embedding.Views(IndexedImages(sources.open_source(params.images), index), boxes)
embedded = embedding.embedded_places(encoder, views, snakemake.resources.batch_size, snakemake.threads)
with store.create_arrays(snakemake.output[0], provenance) as file:
    store.write_rows(file, "embeddings", embedded, len(index) * grid**2, kind=np.float16)
    file.attrs["grid"], file.attrs["way"] = grid, encoder.way.name
