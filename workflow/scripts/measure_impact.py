"""Top Impact of every neuron of a layer, or of a block (Eq. 1-4), on all labelled images.

Output: Parquet, one row a neuron and β.
"""

import sys

import numpy as np
import pyarrow as pa

from linexp.artifacts import store
from linexp.effects import blocks, impact
from linexp.effects.open_losses import open_layer
from linexp.jobs import progress, runtime
from linexp.networks import recorded


def open_tail():
    from linexp.networks import replay  # with PyTorch, which a linear head does without

    return replay.open_tail(replay.TargetLayer.of(snakemake), store.read_table(files.index), "constant")


runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations, files.outputs, files.head))
layer = open_layer(files.outputs, files.head, recorded.read_activations(files.activations, None)[1], open_tail)
rows, loss = layer.loss("cross_entropy", np.arange(len(layer.activations)))
together = impact.REMOVED_TOGETHER if layer.is_linear else 1
block = blocks.block_of(*params.get("block", (1, 1)), layer.activations.shape[1], together)
neurons = range(block.start, block.stop)
if not layer.is_linear:
    print(f"impact: the tail is replayed in {len(neurons)} passes of {len(rows)} images", file=sys.stderr)
before, without = impact.outcomes(layer, rows, neurons, loss, snakemake.threads)
without = progress.progress(without, len(neurons), "neuron", "impact", step=lambda _: 1)
found = impact.impact_table(before, without, neurons, layer.activations[rows, block])
table = pa.Table.from_pandas(found, preserve_index=False)
store.write_table(snakemake.output[0], provenance, table)
