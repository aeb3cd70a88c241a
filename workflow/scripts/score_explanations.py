"""Score all methods of a layer with all simulators on test. Output: Parquet, one row a neuron and pair."""

import pandas as pd
import pyarrow as pa

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.metrics import METRICS
from linexp.networks import recorded
from linexp.probes import index
from linexp.scoring import agreement, best
from linexp.scoring.reasons import with_reasons
from linexp.scoring.scores import score_table, scores_of_places, with_ablation, with_verdicts

runtime.start(snakemake)
files, params = snakemake.input, snakemake.params
ablation = [files.ablation] if files.get("ablation") else []
of_probe = [files.index, files.activations, files.verdicts, *files.explanations, *files.simulations, *ablation]
of_reasons = {name: dict(zip(params[name], files[name], strict=True)) for name in ("ceilings", "missing")}
provenance = store.provenance_of(snakemake, store.same_probe(*of_probe, *files.ceilings, *files.missing))
train, val, test = (index.rows_of(store.read_table(files.index), split) for split in index.SPLITS)
(dead,), n_places = store.read_arrays(files.activations, "dead"), recorded.places_of(files.activations)
tables = []
for (method, simulator), explained, simulated in zip(params.pairs, files.explanations, files.simulations, strict=True):
    explanations, begin = store.read_table(explained).to_pandas(), 0
    for neurons in recorded.neuron_blocks(files.activations, params.neurons, all_rows=True):
        places, begin = slice(begin, begin + len(neurons)), begin + len(neurons)
        activations = recorded.read_block(files.activations, neurons)
        with store.open_arrays(simulated) as file:
            values = store.read_columns(file["simulated"], places)
        of_block = explanations[places], values[test], activations[test], dead[neurons]
        table = score_table(*of_block, snakemake.threads)
        table["correlation_val"] = METRICS["correlation"].score(values[val], activations[val])
        if n_places > 1:
            table = table.assign(**scores_of_places(values, activations, train, test, n_places))
        table.insert(0, "method", method)
        table.insert(1, "simulator", simulator)
        tables.append(table)
scores = with_verdicts(pd.concat(tables), store.read_table(files.verdicts).to_pandas())
scores = best.with_best_method(agreement.with_flips(scores))
known = ({method: store.read_table(path).to_pandas() for method, path in of.items()} for of in of_reasons.values())
scores = with_reasons(scores, *known, simulator=params.pairs[0][1])
scores = with_ablation(scores, store.read_table(*ablation).to_pandas() if ablation else None)
table = pa.Table.from_pandas(scores, preserve_index=False)
store.write_table(snakemake.output[0], provenance, table)
