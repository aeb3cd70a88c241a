"""Activations from a file of the user's. Output: HDF5 as of recorded layers; a unit that is never but 0 is dead."""

from itertools import chain

import numpy as np

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.jobs.progress import progress
from linexp.networks import activation_files

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, store.probe_fingerprint(snakemake.input.index))
images = store.read_table(snakemake.input.index)["key"].to_pylist()
fired: list[np.ndarray] = []


def watched(blocks):
    """Keep which units are ever other than 0 while the blocks pass by."""
    for block in blocks:
        fired[:] = [np.logical_or.reduce([block.any(axis=0), *fired])]
        yield block


with (
    activation_files.opened(snakemake.input.file, snakemake.params.dataset) as file,
    store.create_arrays(snakemake.output[0], provenance) as artifact,
):
    blocks = watched(progress(file.blocks(images), len(images), "image", "importing"))
    first = next(blocks)
    all_blocks, is_sparse = chain([first], blocks), activation_files.is_sparse(first)
    store.write_rows(artifact, "activations", all_blocks, len(images), 64, is_sparse)
    store.write_array(artifact, "dead", ~fired[0])
