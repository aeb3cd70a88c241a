"""Calibrate an image-text model at places (Eq. 5). Output: JSON with a, b, calibrated_on and what calibration says."""

from linexp.artifacts import store
from linexp.concepts import areas, calibration, labelled_places
from linexp.concepts.place_calibration import calibrated_at_places
from linexp.jobs import runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files, pairs = snakemake.input, None
of_images = store.read_json(files.calibration)
if files.get("areas"):
    fingerprint = store.same_probe(files.index, files.areas, files.embeddings, files.concepts)
    provenance = store.provenance_of(snakemake, fingerprint)
    images = fitting_rows(store.read_table(files.index), snakemake.params.paper_parity)
    (concepts,) = store.read_arrays(files.concepts, "embeddings")
    names = store.read_strings(files.areas, "concepts"), store.read_strings(files.concepts, "concepts")
    covering, columns = labelled_places.shared_concepts(*names)
    with areas.open_areas(files.areas) as covered, store.open_arrays(files.embeddings) as file:
        embeddings, grid = store.row_reader(file["embeddings"]), int(file.attrs["grid"])
        places = labelled_places.LabelledPlaces(embeddings, concepts[columns], covered.only(covering), grid)
        pairs = calibration.pair_histogram(block[1:] for block in places.blocks(images))
else:
    provenance = store.provenance_of(snakemake, "")
is_given = "a" in snakemake.params.calibration
store.write_json(snakemake.output[0], provenance, calibrated_at_places(of_images, pairs, is_given))
