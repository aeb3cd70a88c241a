"""Train a sparse autoencoder on a layer. Output: its weights (safetensors), and its settings and losses (JSON)."""

from linexp.artifacts import store, weights
from linexp.jobs import runtime
from linexp.networks import sae_training, targets
from linexp.probes import sources
from linexp.probes.batches import image_batches
from linexp.probes.index import IndexedImages

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
params = snakemake.params
index = store.read_table(snakemake.input.index)
network, preprocess = targets.open_target(params.network, snakemake.input, params.seed)
images = IndexedImages(sources.open_source(params.images), index)
batches = image_batches(images, preprocess, snakemake.resources.batch_size, snakemake.threads, "recording places")
places = sae_training.sampled_places(runtime.on_device(network), params.layer, batches, len(index), params.seed)
sae, record = sae_training.train_sae(places, params.model, params.seed)
weights.write_weights(snakemake.output.weights, sae, provenance)
store.write_json(snakemake.output.training, provenance, record)
