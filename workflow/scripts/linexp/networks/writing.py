"""What is recorded of a layer as a file, and files of blocks of images put together."""

from collections.abc import Iterable, Sequence

import h5py
import numpy as np
from torch import Tensor

from ..artifacts import parts, store
from .recording import Highest, dead
from .units.grids import AtPlaces
from .units.units import Units

COLUMNS = 64
"""Neurons a tile."""


def write_recorded(
    file: h5py.File, blocks: Iterable[Tensor], n_images: int, units: Units | AtPlaces, grid: int = 1
) -> None:
    """Write activations as they come, what the units tell of themselves, and which of them are dead.

    Parameters
    ----------
    file
        The new file. Where there are no images it gets no activations.
    blocks
        Each (n, n_units) float32; a row a place.
    grid
        Cells a side.
    """
    highest = Highest()
    store.write_rows(file, "activations", highest.of(blocks), n_images * grid**2, COLUMNS, units.is_sparse)
    of_places = {"grid": grid, "places": grid**2} if grid > 1 else {}
    for name, value in (units.told() | of_places).items():
        file.attrs[name] = value
    if units.names is not None:
        store.write_array(file, "names", units.names)
    if n_images:
        store.write_array(file, "dead", np.asarray(dead(highest.values, units)))


def put_together(file: h5py.File, blocks: Sequence[str], n_images: int, grid: int = 1) -> None:
    """Write the activations of all blocks of images, one after the other, and the rest; dead in all is dead.

    Parameters
    ----------
    file
        The new file.
    blocks
        The files of the blocks, in their order.
    n_images
        Of all blocks.
    """
    filled = parts.put_together(file, blocks, "activations", n_images * grid**2, COLUMNS)
    if parts.has(filled[0], "names"):
        store.write_array(file, "names", store.read_strings(filled[0], "names"))
    of_blocks = [store.read_arrays(path, "dead")[0] for path in filled]
    store.write_array(file, "dead", np.logical_and.reduce(of_blocks))
