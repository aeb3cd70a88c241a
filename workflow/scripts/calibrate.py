"""Calibrate an image-text model (Eq. 5). Output: JSON with a, b, losses in nats and a reliability table."""

import sys
from dataclasses import asdict

from linexp.artifacts import store
from linexp.concepts import calibration
from linexp.jobs import runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
given, files = snakemake.params.calibration, snakemake.input
if "probe" in given:
    fingerprint = store.same_probe(files.index, files.labels, files.concepts, files.embeddings)
    provenance = store.provenance_of(snakemake, fingerprint)
    index = store.read_table(files.index)
    rows = fitting_rows(index, snakemake.params.paper_parity)
    (covered,) = store.read_arrays(files.labels, "classes_covered")
    origins = store.read_strings(files.labels, "origins")
    usable = calibration.usable_concepts(origins, covered, origins.count("class"))
    # the concept set `labels` is the columns of the labels, in their order
    (concepts,) = store.read_arrays(files.concepts, "embeddings")
    with store.open_arrays(files.embeddings) as images, store.open_arrays(files.labels) as labels:
        blocks = calibration.similarity_blocks(
            store.row_blocks(images["embeddings"], rows),
            concepts[usable],
            (block[:, usable] for block in store.row_blocks(labels["labels"], rows)),
        )
        pairs = calibration.pair_histogram(blocks)
    found = calibration.calibrate(pairs)
    record = asdict(found)
    if not found.converged:
        print(f"calibration: a = {found.a:.3g} has not converged; calibrate on more images or labels", file=sys.stderr)
else:
    provenance, record = store.provenance_of(snakemake, ""), {}
store.write_json(snakemake.output[0], provenance, record | given)
