"""Judge explanations: do they predict, and better than random concepts? On test. Output: Parquet.

One row a method, simulator and neuron. Rows of explanations that are the same as when it was made last are kept.
"""

import pandas as pd
import pyarrow as pa

from linexp.artifacts import store
from linexp.fitting import judging
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes.index import distinct_rows_of
from linexp.scoring.kept_rows import kept_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
common = [files.index, files.activations]
of_pairs = [files[name] for name in ("explanations", "simulations", "images", "concepts", "calibration", "vocabulary")]
of_probe = [path for paths in of_pairs if paths is not files.calibration for path in paths]
provenance = store.provenance_of(snakemake, store.same_probe(*common, *of_probe, *files.moments))
still, kept = kept_rows(
    snakemake.output[0],
    provenance,
    {"pairs"},
    common,
    lambda path: store.read_table(path).to_pandas().set_index(["method", "simulator"], drop=False),
)
test = distinct_rows_of(store.read_table(files.index), "test")
activations, places = (
    recorded.read_activations(files.activations, params.neurons, test)[1],
    recorded.places_of(files.activations),
)
moments, tables = iter(files.moments), []
for pair, *paths in zip(params.pairs, *of_pairs, strict=True):
    method, simulator, refit = pair["method"], pair["simulator"], pair["refit"]
    paths += [next(moments)] if refit else []
    if still.issuperset(paths):
        tables.append(kept.loc[[(method, simulator)]])
        continue
    judged = judging.JudgedFiles(*paths)
    layer = files.activations, files.index
    run = params.neurons, refit, params.seed, snakemake.threads, places
    table = judging.judge(judged, layer, test, activations, *run)
    tables.append(table.assign(method=method, simulator=simulator))
table = pa.Table.from_pandas(pd.concat(tables), preserve_index=False)
store.write_table(snakemake.output[0], provenance, table)
