"""What the neurons of a layer do to the logits, by replaying the tail on the images with their highest activations.

Output: HDF5; empty behind a linear head, as `linear` says: its weights tell.
"""

import numpy as np

from linexp.artifacts import store
from linexp.effects import on_output
from linexp.effects.open_losses import open_layer
from linexp.jobs import progress, runtime
from linexp.networks import recorded


def open_tail():
    from linexp.networks import replay  # with PyTorch, which a linear head does without

    return replay.open_tail(
        replay.TargetLayer.of(snakemake), store.read_table(files.index), params.replacing["replace"]
    )


runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations, files.outputs, files.head))
is_linear = bool(store.read_attribute(files.head, "linear"))
with store.create_arrays(snakemake.output[0], provenance) as file:
    file.attrs["linear"] = is_linear
    if not is_linear:
        layer = open_layer(files.outputs, files.head, recorded.activations_of(files.activations), open_tail)
        neurons = recorded.numbers_in(files.activations, params.neurons)
        found = on_output.effects_on_output(layer, neurons)
        found = progress.progress(found, len(neurons), "neuron", "effects", step=lambda _: 1)
        effects = np.stack([effect.astype(np.float32) for effect in found])
        store.write_array(file, "neurons", neurons)
        store.write_array(file, "effects", effects)
        file.attrs["images"] = min(on_output.TOP_IMAGES, len(layer.activations))
