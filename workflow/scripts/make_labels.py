"""Make multi-hot labels of a set of images. Output: HDF5 with labels, concepts, origins, classes_covered."""

from linexp import class_lists, image_sources, labels, runtime, store

runtime.start(snakemake)
settings = snakemake.params.images
source = image_sources.open_source(settings)
superclasses = class_lists.superclasses(settings.get("superclasses"))
made = labels.multi_hot(source.labels, source.class_names, superclasses, source.concepts)
store.write_arrays(
    snakemake.output[0],
    store.Provenance.of(snakemake, store.probe_fingerprint(snakemake.input.index)),
    {
        "labels": made.matrix,
        "concepts": made.concepts,
        "origins": made.origins,
        "classes_covered": made.classes_covered,
    },
)
