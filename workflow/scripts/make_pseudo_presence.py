"""P of LE (SigLIP): calibrated similarity. Output: HDF5 with P (n_images, n_kept) float32 and its statistics."""

from linexp.artifacts import store
from linexp.concepts import presence
from linexp.jobs import parallel, runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
index = store.read_table(files.index)
calibration = store.read_json(files.calibration)
(concepts,) = store.read_arrays(files.concepts, "embeddings")
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.images, files.concepts))
with (
    parallel.blas_on_one_thread(),
    store.open_arrays(files.images) as images,
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    presence.write_presence(
        file,
        presence.PseudoPresence(store.row_reader(images["embeddings"]), concepts, calibration["a"], calibration["b"]),
        store.read_strings(files.concepts, "concepts"),
        fitting_rows(index, snakemake.params.paper_parity),
        len(index),
        min_top_mean=presence.MIN_TOP_MEAN,
        threads=snakemake.threads,
    )
