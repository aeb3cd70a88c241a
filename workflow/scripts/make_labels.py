"""Make multi-hot labels of a set of images. Output: HDF5 with labels, concepts, origins, classes_covered."""

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.probes import labels, sources
from linexp.probes.index import indexed_source
from linexp.probes.superclasses import superclasses

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
settings = snakemake.params.images
index = store.read_table(snakemake.input.index)
source = indexed_source(sources.open_source(settings), index)
concepts = sources.further_concepts(source, snakemake.threads)
made = labels.multi_hot(source.labels, source.class_names, superclasses(settings.get("superclasses")), concepts)
store.write_arrays(
    snakemake.output[0],
    provenance,
    {
        "labels": made.matrix,
        "concepts": made.concepts,
        "origins": made.origins,
        "classes_covered": made.classes_covered,
    },
)
