"""Which part of each image a target sees. Output: HDF5 with boxes (n_images, 4), left, top, right, bottom as shares."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import targets
from linexp.probes import crops, sources
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.probe_fingerprint(files.index))
images = IndexedImages(sources.open_source(params.images), store.read_table(files.index))
boxes = crops.boxes_of(images, targets.open_preprocessing(params.model, files), snakemake.threads)
store.write_arrays(snakemake.output[0], provenance, {"boxes": boxes})
