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
rows = {split: index.rows_of(store.read_table(files.index), split) for split in index.SPLITS}
(dead,), n_places = store.read_arrays(files.activations, "dead"), recorded.places_of(files.activations)
pairs = [
    (*pair, store.read_table(path).to_pandas()) for pair, path in zip(params.pairs, files.explanations, strict=True)
]
tables, together = [[] for _ in pairs], recorded.held_together(files.activations)
for numbers, places in recorded.neuron_blocks(files.activations, params.neurons, together):
    q = {split: recorded.read_block(files.activations, numbers, some) for split, some in rows.items()}
    for (method, simulator, explanations), path, table in zip(pairs, files.simulations, tables, strict=True):
        s = {split: recorded.read_simulated(path, places, some) for split, some in rows.items()}
        scored = score_table(explanations[places], s["test"], q["test"], dead[numbers], snakemake.threads)
        scored["correlation_val"] = METRICS["correlation"].score(s["val"], q["val"])
        if n_places > 1:
            scored = scored.assign(**scores_of_places(s, q, n_places))
        scored.insert(0, "method", method)
        scored.insert(1, "simulator", simulator)
        table.append(scored)
scores = pd.concat([scored for table in tables for scored in table])
scores = with_verdicts(scores, store.read_table(files.verdicts).to_pandas())
scores = best.with_best_method(agreement.with_flips(scores))
known = ({method: store.read_table(path).to_pandas() for method, path in of.items()} for of in of_reasons.values())
scores = with_reasons(scores, *known, simulator=params.pairs[0][1])
scores = with_ablation(scores, store.read_table(*ablation).to_pandas() if ablation else None)
table = pa.Table.from_pandas(scores, preserve_index=False)
store.write_table(snakemake.output[0], provenance, table)
