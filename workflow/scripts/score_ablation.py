"""Ablation scores of all explanations of a layer, or of a block of its neurons (Eq. 11-18).

Output: Parquet, one row a neuron and pair.
"""

import sys

from linexp.artifacts import store
from linexp.effects import ablation, blocks
from linexp.effects.open_losses import open_layer
from linexp.jobs import progress, runtime
from linexp.networks import recorded
from linexp.probes.index import rows_of


def open_tail():
    from linexp.networks import replay  # with PyTorch, which a linear head does without

    return replay.open_tail(replay.TargetLayer.of(snakemake), index, settings["replace"])


runtime.start(snakemake)
files, params, settings = snakemake.input, snakemake.params, snakemake.params.ablation
provenance = store.provenance_of(
    snakemake, store.same_probe(files.index, files.activations, files.outputs, files.head, *files.simulations)
)
index = store.read_table(files.index)
layer = open_layer(files.outputs, files.head, recorded.read_activations(files.activations, None)[1], open_tail)
(val_rows, val), (test_rows, test) = (layer.losses(settings, rows_of(index, split)) for split in ("val", "test"))
neurons, simulations = None, ablation.Simulations([], [])
for path in files.simulations:
    neurons, simulated = store.read_arrays(path, "neurons", "simulated")
    together = ablation.SEARCHED_TOGETHER if layer.is_linear else 1
    block = blocks.block_of(*params.get("block", (1, 1)), len(neurons), together)
    neurons = neurons[block]
    simulations.val.append(simulated[val_rows, block])
    simulations.test.append(simulated[test_rows, block])
if not layer.is_linear:
    print(ablation.announcement(len(neurons), simulations, settings), file=sys.stderr)
scores = ablation.ablation_scores(val, test, neurons, simulations, settings["optim"], snakemake.threads)
scores = list(progress.progress(scores, len(neurons), "neuron", "ablation", step=lambda _: 1))
table = ablation.to_table(params.pairs, neurons, scores)
store.write_table(snakemake.output[0], provenance, table)
