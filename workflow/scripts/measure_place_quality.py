"""How well an image-text model tells where concepts are. Output: CSV, a row a concept behind one with means.

AUC and average precision over the places of test images, IoU at the threshold that is best on train; with `_image`
the same of the similarity of whole images.
"""

from linexp.artifacts import store
from linexp.concepts import areas, labelled_places, place_quality
from linexp.jobs import runtime
from linexp.probes.index import rows_of

runtime.start(snakemake)
runtime.keep_freed_memory()
files = snakemake.input
fingerprint = store.same_probe(files.index, files.areas, files.embeddings, files.images, files.concepts)
provenance = store.provenance_of(snakemake, fingerprint)
index, (concepts,) = store.read_table(files.index), store.read_arrays(files.concepts, "embeddings")
names = store.read_strings(files.areas, "concepts"), store.read_strings(files.concepts, "concepts")
covering, columns = labelled_places.shared_concepts(*names)
concepts = concepts[columns]
with (
    areas.open_areas(files.areas) as covered,
    store.open_arrays(files.embeddings) as of_places,
    store.open_arrays(files.images) as of_images,
):
    embeddings, grid = store.row_reader(of_places["embeddings"]), int(of_places.attrs["grid"])
    places = labelled_places.LabelledPlaces(embeddings, concepts, covered.only(covering), grid)
    images = store.row_reader(of_images["embeddings"])
    gathered = place_quality.PlaceQuality([names[0][number] for number in covering], grid)
    for split in ("train", "test"):
        for rows, similarity, shares in places.blocks(rows_of(index, split)):
            whole = images(rows[0], rows[-1] + 1)[rows - rows[0]] @ concepts.T
            gathered.add(split, similarity, whole, shares)
store.write_csv(snakemake.output[0], provenance, gathered.table())
