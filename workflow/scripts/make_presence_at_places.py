"""P of places, as a recipe. Output: HDF5 with recipe, n_rows, the kept concepts and their statistics, but no P."""

from linexp.artifacts import store
from linexp.concepts import places, presence
from linexp.jobs import parallel, runtime
from linexp.probes.index import fitting_rows

runtime.start(snakemake)
runtime.keep_freed_memory()
files, params = snakemake.input, snakemake.params
index, recipe = store.read_table(files.index), places.recipe_of(files)
of_probe = [files.areas] if files.get("areas") else [*files.images, *files.concepts]
provenance = store.provenance_of(snakemake, store.same_probe(files.index, *of_probe))
with (
    parallel.blas_on_one_thread(),
    places.opened(recipe) as (p, concepts),
    store.create_arrays(snakemake.output[0], provenance) as file,
):
    rows = fitting_rows(index, params.paper_parity)
    presence.write_statistics(file, p, concepts, rows, params.min_presence, snakemake.threads)
    places.write_recipe(file, recipe, len(index))
