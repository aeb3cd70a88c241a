"""Ablation scores of one method by one simulator, of all neurons of a layer, or of a block (Eq. 11-18).

Output: Parquet, one row a neuron.
"""

import sys

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
same = files.index, files.activations, files.outputs, *filter(None, [files.get("head")]), files.curves, files.simulation
provenance = store.provenance_of(snakemake, store.same_probe(*same))
index = store.read_table(files.index)
activations = recorded.by_image(recorded.activations_of(files.activations), len(index))
layer = open_layer(files.outputs, files.get("head"), activations, open_tail)
(val_rows, val), (test_rows, test) = (layer.losses(settings, rows_of(index, split)) for split in ("val", "test"))
(neurons,) = store.read_arrays(files.simulation, "neurons")
together = ablation.SEARCHED_TOGETHER if layer.is_linear else 1
block = blocks.block_of(*params.get("block", (1, 1)), len(neurons), together)
neurons, simulated = neurons[block], recorded.by_image(recorded.simulations_of(files.simulation, block), len(index))
simulations = ablation.Simulations([simulated[val_rows]], [simulated[test_rows]])
with store.open_arrays(files.curves) as file:
    shared = None
    if not layer.is_linear:
        shared = shared_curves.reader(file)
        print(ablation.announcement(len(neurons), val, test, *ablation.passes(val, settings["optim"])), file=sys.stderr)
    scores = ablation.ablation_scores(val, test, neurons, simulations, settings["optim"], snakemake.threads, shared)
    scores = progress.progress(scores, len(neurons), "neuron", "ablation", step=lambda _: 1)
    scores = [score for (score,) in scores]
pair = snakemake.wildcards.method, snakemake.wildcards.simulator
table = ablation.to_table(*pair, neurons, scores, ablation.is_of_maps(val))
store.write_table(snakemake.output[0], provenance, table)
