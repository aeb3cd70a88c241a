"""P of covered areas. Output: HDF5 with P (n_images, n_kept) float32 and its statistics."""

from linexp.artifacts import store
from linexp.concepts import areas, presence
from linexp.jobs import runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
files = snakemake.input
index = store.read_table(files.index)
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.areas))
with areas.open_areas(files.areas) as covered, store.create_arrays(snakemake.output[0], provenance) as file:
    presence.write_presence(
        file,
        covered,
        store.read_strings(files.areas, "concepts"),
        fitting_rows(index, snakemake.params.paper_parity),
        len(index),
        min_top_mean=0.0,  # as of labels, only those that never vary are left out
    )
