"""Make a concept set. Output: Parquet with concept and origin, without duplicates."""

import numpy as np

from linexp.artifacts import store
from linexp.concepts import sets
from linexp.jobs import runtime
from linexp.probes import class_lists

runtime.start(snakemake)
labelled = np.array(store.read_strings(snakemake.input.labels, "concepts"), object)
origins = np.array(store.read_strings(snakemake.input.labels, "origins"), object)


def concepts_of(origin: str, file: str | None = None, number: int | None = None, class_names: str | None = None):
    """The concepts of one part of the set: from a file, a list of class names, or the labels of the probe."""
    if file:
        return sets.read_concepts(file)[:number]
    if class_names:
        return class_lists.class_names(class_names)
    return list(labelled[np.isin(origins, sets.BUILT_IN[origin])])


table = sets.concept_table((part["origin"], concepts_of(**part)) for part in snakemake.params.members)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.labels))
store.write_table(snakemake.output[0], provenance, table)
