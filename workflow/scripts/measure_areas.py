"""How much of each cell of what a target sees the concepts of pixel labels cover.

Output: HDF5 with begins, columns, shares (sparse rows by image and cell), concepts; attribute grid.
"""

import numpy as np

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes import areas, pixel_labels, sources
from linexp.probes.index import indexed_source

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
given = [path for path in (files.get("crops"), files.get("masks")) if path]
provenance = store.provenance_of(snakemake, store.same_probe(files.index, *given))
rows = indexed_source(sources.open_source(params.images), store.read_table(files.index)).rows
boxes = np.tile([0.0, 0.0, 1.0, 1.0], (len(rows), 1))  # the whole image, where no network sees a part of it
if files.get("crops"):
    (boxes,) = store.read_arrays(files.crops, "boxes")
labels = pixel_labels.open_pixel_labels(params.pixel_labels, files.get("masks"))
measured = areas.measure_areas(labels, rows, boxes, params.grid, snakemake.threads)
with store.create_arrays(snakemake.output[0], provenance) as file:
    for name, values in vars(measured).items():
        store.write_array(file, name, values)
    file.attrs["grid"] = params.grid
