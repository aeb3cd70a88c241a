"""Means of a map over the cells of a grid that does not divide it evenly."""

import torch
from torch import Tensor

from ...probes.crops import overlaps


def cell_means(maps: Tensor, grid: int) -> Tensor:
    """The mean over each cell of a grid, a place that cells share counting by its area in each.

    Parameters
    ----------
    maps
        (n, channels, rows, columns).

    Returns
    -------
    Tensor
        (n, grid², channels) float32, cells row by row.
    """
    down, across = (
        torch.as_tensor(overlaps(0, 1, grid, length), dtype=torch.float32, device=maps.device)
        for length in maps.shape[2:]
    )
    means = torch.einsum("ir,jc,nkrc->nijk", down, across, maps.float())
    return means.flatten(1, 2)
