"""Top Impact of every neuron of a layer, or of a block (Eq. 1-4), on all labelled images.

Output: Parquet, one row a neuron and β.
"""

import sys

import numpy as np
import pyarrow as pa

from linexp import impact, layer_effects, neuron_blocks, progress, recorded_activations, runtime, store

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
fingerprint = store.same_probe(files.index, files.activations, files.outputs, files.head)
index = store.read_table(files.index)
outputs = layer_effects.read_outputs(files.outputs)
_, activations = recorded_activations.read_activations(files.activations, None)
weight = layer_effects.read_head(files.head, outputs, activations)
rows = outputs.scorable("cross_entropy", np.arange(len(index)))
loss = outputs.loss("cross_entropy", rows)
together = impact.REMOVED_TOGETHER if weight is not None else 1
block = neuron_blocks.block_of(*params.get("block", (1, 1)), activations.shape[1], together)
neurons = range(block.start, block.stop)
logits, activations = outputs.logits[rows], activations[rows, block]
if weight is not None:
    before = impact.Outcome.of(logits, loss)
    without = impact.without_linear(logits, weight[:, block], activations, loss, snakemake.threads)
else:
    from linexp import replay

    tail = replay.open_tail(
        params.model,
        files,
        params.layer,
        params.images,
        index,
        "constant",
        params.batch_size,
        snakemake.threads,
        params.seed,
    )
    print(f"impact: the tail is replayed in {len(neurons)} passes of {len(rows)} images", file=sys.stderr)
    replayed = tail.original(rows)
    layer_effects.check_logits(files.outputs, logits, replayed)
    before = impact.Outcome.of(replayed, loss)
    without = impact.without_replayed(tail, rows, neurons, loss)
without = progress.progress(without, len(neurons), "neuron", "impact", step=lambda _: 1)
table = pa.Table.from_pandas(impact.impact_table(before, without, neurons, activations), preserve_index=False)
store.write_table(snakemake.output[0], store.Provenance.of(snakemake, fingerprint), table)
