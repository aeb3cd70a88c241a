"""Check which metrics can be trusted on a layer. Output: CSV, one row an explanation, metric and test."""

import sys

import numpy as np
import pandas as pd

from linexp import (
    ablation,
    explanations,
    layer_effects,
    presence,
    probe_index,
    recorded_activations,
    runtime,
    sanity,
    store,
    tail_losses,
)

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
optional = [files[name] for name in ("labels", "outputs", "head") if files.get(name)]
store.same_probe(files.index, files.activations, files.images, *files.explanations, *files.concepts, *optional)
index = store.read_table(files.index)
train, val, test = (probe_index.rows_of(index, split) for split in ("train", "val", "test"))
scored = np.sort(np.concatenate([val, test]))
neurons, activations = recorded_activations.read_activations(files.activations, params.neurons)
calibration = store.read_json(files.calibration)


def open_ablation():
    """What gives the ablation scores of simulations on the scored rows; None where the tail is not linear."""
    outputs = layer_effects.read_outputs(files.outputs)
    _, whole_layer = recorded_activations.read_activations(files.activations, None)
    weight = layer_effects.read_head(files.head, outputs, whole_layer)
    if weight is None:
        print("sanity: ablation is left out, as its scores take passes of the network here", file=sys.stderr)
        return None
    kind = params.ablation["loss"]
    rows = [outputs.scorable(kind, split) for split in (val, test)]
    losses = [
        tail_losses.LinearTailLosses(outputs.logits[r], weight, whole_layer[r], outputs.loss(kind, r)) for r in rows
    ]
    places = [np.searchsorted(scored, r) for r in rows]

    def scores_of(simulated):
        pair = ablation.Simulations(*([s[place] for s in simulated] for place in places))
        by_neuron = ablation.ablation_scores(*losses, neurons, pair, params.ablation["optim"], snakemake.threads)
        optim, norm = zip(*([[s.optim for s in found], [s.norm for s in found]] for found in by_neuron), strict=True)
        return {"ablation_optim": np.array(optim, float).T, "ablation_norm": np.array(norm, float).T}

    return scores_of


common = {
    "threads": snakemake.threads,
    "activations": activations[scored],
    "seed": params.seed,
    "test_rows": np.searchsorted(scored, test),
    "ablation": open_ablation() if files.get("head") else None,
}
tables = []
if files.get("labels"):
    (labels,) = store.read_arrays(files.labels, "labels")
    weights = sanity.best_labels(labels[train], activations[train])
    used = weights.any(axis=1)
    table = sanity.check(sanity.SINGLE_CONCEPT, labels[scored][:, used], weights[used], **common)
    tables.append(table.assign(simulator=""))
for method, explained, concepts in zip(params.methods, files.explanations, files.concepts, strict=True):
    weights = explanations.weight_matrix(
        explanations.from_table(store.read_table(explained)), store.read_strings(concepts, "concepts")
    )
    used = weights.any(axis=1)
    (embeddings,) = store.read_arrays(concepts, "embeddings")
    with store.open_arrays(files.images) as images:
        blocks = [
            presence.probabilities(block, embeddings[used], calibration["a"], calibration["b"])
            for block in store.row_blocks(images["embeddings"], scored)
        ]
    table = sanity.check(method, np.concatenate(blocks), weights[used], **common)
    tables.append(table.assign(simulator=params.simulator))
columns = ["explanation", "simulator", *sanity.COLUMNS[1:]]
result = pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)
with store.atomic(snakemake.output[0]) as temporary:
    result.to_csv(temporary, index=False, float_format="%.6f")
