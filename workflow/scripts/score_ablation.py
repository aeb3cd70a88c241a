"""Ablation scores of all explanations of a layer, or of a block of its neurons (Eq. 11-18).

Output: Parquet, one row a neuron and pair.
"""

import sys

from linexp import (
    ablation,
    layer_effects,
    neuron_blocks,
    probe_index,
    progress,
    recorded_activations,
    runtime,
    store,
    tail_losses,
)

runtime.start(snakemake)
files, params, settings = snakemake.input, snakemake.params, snakemake.params.ablation
fingerprint = store.same_probe(files.index, files.activations, files.outputs, files.head, *files.simulations)
index = store.read_table(files.index)
outputs = layer_effects.read_outputs(files.outputs)
_, activations = recorded_activations.read_activations(files.activations, None)
weight = layer_effects.read_head(files.head, outputs, activations)
tail = None
if weight is None:
    from linexp import replay

    tail = replay.open_tail(
        params.model,
        files,
        params.layer,
        params.images,
        index,
        settings["replace"],
        params.batch_size,
        snakemake.threads,
        params.seed,
    )


def losses_of(split):
    """The rows of a split that count, and their losses under changes of the layer's neurons."""
    rows = outputs.scorable(settings["loss"], probe_index.rows_of(index, split))
    loss = outputs.loss(settings["loss"], rows)
    if weight is not None:
        return rows, tail_losses.LinearTailLosses(outputs.logits[rows], weight, activations[rows], loss)
    nodes = settings["tolerance"], settings["most_nodes"]
    losses = tail_losses.ReplayedTailLosses(tail, rows, activations[rows], loss, *nodes)
    layer_effects.check_logits(files.outputs, outputs.logits[rows], losses.logits)
    return rows, losses


(val_rows, val), (test_rows, test) = losses_of("val"), losses_of("test")
neurons, simulations = None, ablation.Simulations([], [])
for path in files.simulations:
    neurons, simulated = store.read_arrays(path, "neurons", "simulated")
    together = ablation.SEARCHED_TOGETHER if tail is None else 1
    block = neuron_blocks.block_of(*params.get("block", (1, 1)), len(neurons), together)
    neurons = neurons[block]
    simulations.val.append(simulated[val_rows, block])
    simulations.test.append(simulated[test_rows, block])
if tail:
    on_val, on_test = ablation.most_passes(len(simulations.val), settings["most_nodes"] if settings["optim"] else 0)
    print(
        f"ablation: the tail is replayed for {len(neurons)} neurons, each in up to {on_val} passes of {len(val_rows)} "
        f"val images and {on_test} of {len(test_rows)} test images",
        file=sys.stderr,
    )
scores = ablation.ablation_scores(val, test, neurons, simulations, settings["optim"], snakemake.threads)
scores = list(progress.progress(scores, len(neurons), "neuron", "ablation", step=lambda _: 1))
table = ablation.to_table(params.pairs, neurons, scores)
store.write_table(snakemake.output[0], store.Provenance.of(snakemake, fingerprint), table)
