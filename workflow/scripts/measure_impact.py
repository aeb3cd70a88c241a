"""Top Impact of the neurons of a layer, or of a block of them (Eq. 1-4), on all labelled images.

Output: Parquet, one row a neuron and β.
"""

import sys
import time
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa

from linexp.artifacts import store
from linexp.effects import impact
from linexp.effects.open_losses import open_layer
from linexp.jobs import blocks, progress, runtime
from linexp.jobs.parallel import batched
from linexp.networks import recorded


def open_tail():
    from linexp.networks import replay  # with PyTorch, which a linear head does without

    return replay.open_tail(replay.TargetLayer.of(snakemake), store.read_table(files.index), "constant")


runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations, files.outputs, files.head))
layer = open_layer(files.outputs, files.head, recorded.activations_of(files.activations), open_tail)
neurons = recorded.numbers_in(files.activations, params.neurons)
rows, loss = layer.loss("cross_entropy", np.arange(len(layer.activations)))
together = impact.REMOVED_TOGETHER if layer.is_linear else 1
neurons = neurons[blocks.block_of(*params.get("block", (1, 1)), len(neurons), together)]
began = time.monotonic()
activations = layer.activations[rows]
before, without = impact.outcomes(layer, rows, activations, neurons, loss, snakemake.threads)
if not layer.is_linear:
    print(impact.announcement(len(neurons), len(rows), time.monotonic() - began), file=sys.stderr)
without = progress.progress(without, len(neurons), "neuron", "impact", step=lambda _: 1)
groups = list(batched(neurons.tolist(), recorded.NEURONS_TOGETHER)) or [[]]
parts = [impact.impact_table(before, islice(without, len(some)), some, activations[:, some]) for some in groups]
table = pa.Table.from_pandas(pd.concat(parts), preserve_index=False)
store.write_table(snakemake.output[0], provenance, table)
