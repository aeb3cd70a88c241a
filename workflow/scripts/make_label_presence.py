"""P of LE (Label): the labels as they are. Output: HDF5 with P (n_images, n_kept) float32 and its statistics."""

from linexp.artifacts import store
from linexp.concepts import presence
from linexp.jobs import runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
files = snakemake.input
index = store.read_table(files.index)
(labels,) = store.read_arrays(files.labels, "labels")
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.labels))
with store.create_arrays(snakemake.output[0], provenance) as file:
    presence.write_presence(
        file,
        presence.LabelPresence(labels),
        store.read_strings(files.labels, "concepts"),
        fitting_rows(index, snakemake.params.paper_parity),
        len(index),
        min_top_mean=0.0,  # labels are sure, so only those that never vary are left out
    )
