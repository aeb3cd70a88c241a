"""Units at places: what a layer's map does in each of grid × grid cells, instead of one number an image."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d

from ...errors import LinexpError
from ...probes.crops import overlaps
from .deciding import Tried
from .encoded import EncodedUnits
from .neurons import Neurons
from .units import Change

MOST_PREFIX = 8
"""Tokens in front of the patches: class token, registers."""


@dataclass
class AtPlaces:
    """The units of a layer, recorded at places: rows are (image, cell), cells row by row.

    Attributes
    ----------
    units
        That are read at each place of the layer's map, or of a vision transformer's patch tokens.
    grid
        Cells a side. The map is taken to cover what the network sees of the image, a value its share of it.
    pool
        `avg`, weighted by how much of a value's share is in the cell, or `max` of those that have any.
    """

    units: Neurons | EncodedUnits
    grid: int
    pool: str

    @property
    def channels(self) -> str:
        return self.units.channels

    @property
    def names(self) -> Sequence[str] | None:
        return self.units.names

    @property
    def is_sparse(self) -> bool:
        return self.units.is_sparse

    @property
    def is_undecided(self) -> bool:
        return self.units.is_undecided

    def tried(self, output: Tensor) -> Tried:
        return self.units.tried(output)  # type: ignore[union-attr]  # neurons are never undecided

    def decide(self, tried: Iterable[Tried]) -> None:
        self.units.decide(tried)  # type: ignore[union-attr]

    def read(self, output: Tensor) -> Tensor:
        """(n · grid², n_units) float32, by image and cell."""
        if self.is_sparse:  # which counts what is left of the layer
            self.units.read(output)
        maps = self._maps(output)
        found = [in_cells(block, self.grid, self.pool) for _, block in self.units.map_blocks(maps)]
        return torch.cat(found).flatten(0, 1)

    def changes(self, output: Tensor, numbers: Sequence[int]) -> Iterator["ChangedMap"]:
        """Some units, one after another, as of `Units.changes`; tokens in front of the patches stay as they are."""
        maps = self._maps(output)
        height, width = maps.shape[1:3] if self.channels == "last" else maps.shape[2:]
        for change in self.units.changes(maps, numbers):
            yield ChangedMap(change, self.grid, (height, width))

    def told(self) -> dict[str, float]:
        return self.units.told()

    def described(self, module: str, shape: tuple[int, ...]) -> str:
        return f"{self.units.described(module, shape)} in {self.grid} × {self.grid} cells"

    def _maps(self, output: Tensor) -> Tensor:
        """An output as maps, with neurons where `channels` has them."""
        maps = token_maps(output) if output.ndim == 3 else output
        return maps.movedim(-1, 1) if output.ndim == 3 and self.channels == "first" else maps


class ChangedMap:
    """A unit's whole map, put in place of what it was from what its cells are to be.

    Parameters
    ----------
    change
        Of the unit, in the view of an output as maps.
    grid
        Cells a side.
    size
        Height and width of the map.
    """

    def __init__(self, change: Change, grid: int, size: tuple[int, int]):
        self.change, self.pooled, self._grid, self._size = change, change.pooled, grid, size

    def replace(self, values: Tensor, replace: str = "constant") -> None:
        """Put `out_of_cells` of (n, grid²) values, or of (n,) that are those of all cells, in place of the map.

        Nothing is left of the map, so there is no `shift`.
        """
        if replace != "constant":
            raise ValueError(f"maps are not replaced by {replace}")
        cells = values.to(self.pooled).reshape(len(values), -1).expand(-1, self._grid**2)
        self.change.replace(out_of_cells(cells, self._grid, self._size), "constant")

    def restore(self) -> None:
        self.change.restore()


def token_maps(tokens: Tensor) -> Tensor:
    """The patch tokens of a vision transformer as maps, (n, height, width, neurons), of square images.

    Patches are the last tokens; in front of them are the class token and registers, if there are any.

    Parameters
    ----------
    tokens
        (n, tokens, neurons).

    Raises
    ------
    LinexpError
        They are no square of patches with a few tokens in front.
    """
    n_tokens = tokens.shape[1]
    side = math.isqrt(n_tokens)
    if n_tokens - side**2 > MOST_PREFIX:
        shape = tuple(tokens.shape)
        raise LinexpError(
            f"places: an output of shape {shape} is no square of patches; take places out, or other images"
        )
    return tokens[:, n_tokens - side**2 :].unflatten(1, (side, side))


def in_cells(maps: Tensor, grid: int, pool: str) -> Tensor:
    """What maps, (n, n_units, height, width), are in grid × grid equal cells: (n, grid², n_units), cells row by row.

    Parameters
    ----------
    pool
        `avg` or `max`.
    """
    if pool == "max":
        found = adaptive_max_pool2d(maps, grid)
    else:
        shares = (overlaps(0, 1, grid, pixels) for pixels in maps.shape[2:])
        down, across = (torch.from_numpy(np.ascontiguousarray(share)).to(maps) for share in shares)
        found = down @ maps @ across.T
    return found.flatten(2).transpose(1, 2)


def out_of_cells(cells: Tensor, grid: int, size: tuple[int, int]) -> Tensor:
    """Maps from what their cells are: each value of a map is the mean of the cells it lies in, by its part in each.

    It is how `in_cells` cut them, the other way round. Where cells are whole values of the map, all values of a cell
    are the same, and `in_cells` of such a map gives back what was put in; the mean over a map is always that over its
    cells. The paper replaces one number an image and says nothing of maps. Network Dissection (Bau et al., 2017)
    interpolates bilinearly between single values of a map, which makes a finer map of them; a cell is an average of
    values, and interpolated ones would average to something else.

    Parameters
    ----------
    cells
        (n, grid²), row by row.
    size
        Height and width of the map.

    Returns
    -------
    Tensor
        (n, height, width).
    """
    down, across = (torch.from_numpy(overlaps(0, 1, side, grid)).to(cells) for side in size)
    return down @ cells.unflatten(1, (grid, grid)) @ across.T
