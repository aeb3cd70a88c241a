"""Null control: correlations of explanations shuffled among neurons, on test. Output: Parquet.

One row a method and simulator: `shuffled_mean` over all mismatched pairs, `shuffled_p95` over random shuffles. Rows of
explanations that are the same as when it was made last are kept.
"""

import pandas as pd
import pyarrow as pa

from linexp.artifacts import store
from linexp.fitting.crossed import correlations
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes import index
from linexp.scoring import shuffling
from linexp.scoring.kept_rows import kept_rows

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.activations, *files.simulations))
test = index.rows_of(store.read_table(files.index), "test")
n_neurons = len(recorded.numbers_in(files.activations, params.neurons))
still, kept = kept_rows(
    snakemake.output[0],
    provenance,
    {"pairs"},
    [files.index, files.activations],
    lambda path: store.read_table(path).to_pandas().set_index(["method", "simulator"]),
)
rows = []
for pair, path in zip(params.pairs, files.simulations, strict=True):
    if path in still:
        rows.append((*pair, *kept.loc[tuple(pair)]))
        continue
    found = correlations(files.activations, params.neurons, path, test)
    rows.append((*pair, *shuffling.shuffled_correlations(found, n_neurons, params.seed)))
table = pd.DataFrame(rows, columns=["method", "simulator", "shuffled_mean", "shuffled_p95"])
store.write_table(snakemake.output[0], provenance, pa.Table.from_pandas(table, preserve_index=False))
