"""P of places, as a recipe. Output: HDF5 with recipe, n_rows, the kept concepts and their statistics, but no P.

Kept are those that vary, and that a model finds in whole images: P of a place is a share of it, and seldom high.
"""

from linexp.artifacts import store
from linexp.concepts import places, presence
from linexp.jobs import parallel, runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
index, recipe = store.read_table(files.index), places.recipe_of(files)
of_probe = [files.areas] if files.get("areas") else [*files.images, *files.concepts, files.whole]
in_images = store.read_arrays(files.whole, "kept")[0] if files.get("whole") else None
provenance = store.provenance_of(snakemake, store.same_probe(files.index, *of_probe))
with (
    parallel.blas_on_one_thread(),
    places.opened(recipe) as (p, concepts),
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    rows = fitting_rows(index, params.paper_parity)
    presence.write_statistics(file, p, concepts, rows, 0.0, snakemake.threads, in_images)
    places.write_recipe(file, recipe, len(index))
