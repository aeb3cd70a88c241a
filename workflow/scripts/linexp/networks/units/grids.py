"""Units at places: what a layer's map does in each of grid × grid cells, instead of one number an image."""

import math
from collections.abc import Iterable, Sequence
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

    def told(self) -> dict[str, float]:
        return self.units.told()

    def described(self, module: str, shape: tuple[int, ...]) -> str:
        return f"{self.units.described(module, shape)} in {self.grid} × {self.grid} cells"

    def _maps(self, output: Tensor) -> Tensor:
        """An output as maps, with neurons where `channels` has them."""
        maps = token_maps(output) if output.ndim == 3 else output
        return maps.movedim(-1, 1) if output.ndim == 3 and self.channels == "first" else maps


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
