"""P of LE (SigLIP): calibrated similarity, the mean of explainers.

Output: HDF5 with P (n_images, n_kept) float32 and its statistics.
"""

from contextlib import ExitStack

from linexp.artifacts import store
from linexp.concepts import combined, presence
from linexp.jobs import parallel, runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
index = store.read_table(files.index)
provenance = store.provenance_of(snakemake, store.same_probe(files.index, *files.images, *files.concepts))
with (
    parallel.blas_on_one_thread(),
    ExitStack() as opened,
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    parts = []
    for images, texts, calibration in zip(files.images, files.concepts, files.calibration, strict=True):
        embeddings = opened.enter_context(store.open_arrays(images))["embeddings"]
        (concepts,), scale = store.read_arrays(texts, "embeddings"), store.read_json(calibration)
        parts.append(presence.PseudoPresence(store.row_reader(embeddings), concepts, scale["a"], scale["b"]))
    presence.write_presence(
        file,
        combined.MeanPresence(parts) if len(parts) > 1 else parts[0],
        store.read_strings(files.concepts[0], "concepts"),
        fitting_rows(index, snakemake.params.paper_parity),
        len(index),
        min_top_mean=snakemake.params.min_presence,
        threads=snakemake.threads,
    )
