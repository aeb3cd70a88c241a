"""Find the linear map behind a layer. Output: HDF5 with weight (n_classes, n_neurons) and bias; attribute `linear`."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import heads, targets
from linexp.networks.units.opening import open_units
from linexp.probes import batches, sources
from linexp.probes.index import IndexedImages

N_IMAGES = 8

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
source = sources.open_source(params.images)
network, preprocess = targets.open_target(params.model, snakemake.input, params.seed)
few = batches.ImageRows(IndexedImages(source, index), range(min(N_IMAGES, len(index))))
(images,) = batches.image_batches(few, preprocess, N_IMAGES, snakemake.threads, "finding the head")
layer = params.layer
units = open_units(layer)
head = heads.linear_head(runtime.on_device(network), layer["module"], units, images, layer.get("output"))
with store.create_arrays(snakemake.output[0], provenance) as file:
    file.attrs["linear"] = head is not None
    file.attrs["of_units"] = "units" in layer  # which are not all that logits are made of
    for name, values in zip(("weight", "bias"), head or (), strict=bool(head)):
        store.write_array(file, name, values)
