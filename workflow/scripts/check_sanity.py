"""Check which metrics can be trusted on a layer. Output: CSV, one row an explanation, metric and test."""

import numpy as np

from linexp import explanations
from linexp.artifacts import store
from linexp.concepts import presence
from linexp.effects.open_losses import open_layer
from linexp.jobs import runtime
from linexp.networks import recorded
from linexp.probes.index import rows_of
from linexp.scoring import sanity, simulation
from linexp.scoring.checked_ablation import ablation_of
from linexp.scoring.kept_rows import kept_rows

runtime.start(snakemake)
files, params, seed, threads = snakemake.input, snakemake.params, snakemake.params.seed, snakemake.threads
common = [files[name] for name in ("index", "activations", "images", "labels", "outputs", "head") if files.get(name)]
provenance = store.provenance_of(snakemake, store.same_probe(*common, *files.explanations, *files.concepts))
still, kept = kept_rows(snakemake.output[0], provenance, {"methods"}, [*common, files.calibration], sanity.read)
train, val, test = (rows_of(store.read_table(files.index), split) for split in ("train", "val", "test"))
scored = np.sort(np.concatenate([val, test]))
activations = recorded.activations_of(files.activations, params.neurons)
ablation = None
if files.get("head"):
    layer = open_layer(files.outputs, files.head, recorded.activations_of(files.activations), open_tail=None)
    numbers = recorded.numbers_in(files.activations, params.neurons)
    ablation = ablation_of(layer, params.ablation, numbers, val, test, threads)
checked = sanity.Checked(activations[scored], seed, np.searchsorted(scored, test), ablation, threads)
tables = [kept[kept["explanation"] == sanity.SINGLE_CONCEPT]] if still else []
if files.get("labels") and not still:
    (labels,) = store.read_arrays(files.labels, "labels")
    weights = sanity.best_labels(labels[train], activations[train])
    used = np.diff(weights.tocsr().indptr) > 0
    tables.append(sanity.check(sanity.SINGLE_CONCEPT, labels[scored][:, used], weights[used], checked))
for method, explained, concepts in zip(params.methods, files.explanations, files.concepts, strict=True):
    if still.issuperset({explained, concepts}):
        tables.append(kept[kept["explanation"] == method])
        continue
    found = explanations.from_table(store.read_table(explained))
    weights = simulation.sparse_weights(found, store.read_strings(concepts, "concepts"))
    used = np.diff(weights.indptr) > 0
    p = presence.read_presence(files.images, concepts, files.calibration, scored, used)
    tables.append(sanity.check(method, p, weights[used], checked).assign(simulator=params.simulator))
store.write_csv(snakemake.output[0], provenance, sanity.joined(tables))
