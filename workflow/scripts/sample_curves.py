"""What ablation takes of the neurons of a layer, or of a block, whatever explains them (Eq. 12-13).

Output: HDF5 with loss curves on val where the tail is replayed; empty behind a linear head, as `linear` says. If it is
there for other neurons, only those of new ones are computed.
"""

import sys

import numpy as np

from linexp.artifacts import store
from linexp.effects import ablation, shared_curves
from linexp.effects.open_losses import open_layer
from linexp.jobs import blocks, progress, runtime
from linexp.networks import recorded
from linexp.probes.index import rows_of


def open_tail():
    from linexp.networks import replay  # with PyTorch, which a linear head does without

    return replay.open_tail(replay.TargetLayer.of(snakemake), index, settings["replace"])


runtime.start(snakemake)
files, params, settings = snakemake.input, snakemake.params, snakemake.params.ablation
heads = [files.head] if files.get("head") else []  # none at places
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations, files.outputs, *heads))
is_linear = any(store.read_attribute(head, "linear") for head in heads)
with store.create_arrays(snakemake.output[0], provenance) as file:
    file.attrs["linear"] = is_linear
    if not is_linear:
        index = store.read_table(files.index)
        activations = recorded.by_image(recorded.activations_of(files.activations), len(index))
        layer = open_layer(files.outputs, files.get("head"), activations, open_tail)
        val, test = (layer.losses(settings, rows_of(index, split))[1] for split in ("val", "test"))
        neurons = recorded.numbers_in(files.activations, params.neurons)
        neurons = neurons[blocks.block_of(*params.get("block", (1, 1)), len(neurons))]
        kept = np.intersect1d(shared_curves.kept(snakemake.output[0], provenance), neurons)
        new = np.setdiff1d(neurons, kept)
        print(ablation.announcement(len(new), val, test, *ablation.shared_passes(val, settings)), file=sys.stderr)
        found = ablation.shared_by_explanations(val, test, new, settings["optim"], snakemake.threads)
        found = shared_curves.with_kept(snakemake.output[0], kept, found)
        found = progress.progress(found, len(neurons), "neuron", "curves", step=lambda _: 1)
        shared_curves.write(file, found)
