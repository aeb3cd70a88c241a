"""P of labels and pseudo-labels. Output: HDF5 with P (n_images, n_kept) float32, its statistics, `averaged` bool."""

from linexp.artifacts import store
from linexp.concepts import combined, presence
from linexp.jobs import runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
index = store.read_table(files.index)
provenance = store.provenance_of(snakemake, store.same_probe(files.index, files.labels, files.pseudo))
concepts, *columns = combined.columns_of(
    *(store.read_strings(path, "concepts") for path in (files.labels, files.pseudo))
)
with (
    store.open_arrays(files.labels) as labels,
    store.open_arrays(files.pseudo) as pseudo,
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    readers = store.row_reader(labels["P"]), store.row_reader(pseudo["P"])
    both = combined.BothPresence(*readers, *columns, params.label_weight)
    rows = fitting_rows(index, params.paper_parity)
    # both have been filtered; a mean that never varies is left out all the same
    presence.write_presence(file, both, concepts, rows, len(index), 0.0, snakemake.threads)
    store.write_array(file, "averaged", both.averaged()[file["kept"][...]])
