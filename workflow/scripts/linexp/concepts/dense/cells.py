"""Means of a map over the cells of a grid that does not divide it evenly."""

import numpy as np
import torch
from torch import Tensor


def overlaps(places: int, cells: int) -> np.ndarray:
    """How much of each cell lies on each place, where both divide one length evenly.

    Returns
    -------
    np.ndarray
        (cells, places) float64 shares of the cell, each row with sum 1.
    """
    ends = np.arange(1, places + 1) / places
    cell_ends = np.arange(1, cells + 1)[:, None] / cells
    begins, cell_begins = ends - 1 / places, cell_ends - 1 / cells
    shared = np.minimum(ends, cell_ends) - np.maximum(begins, cell_begins)
    return cells * np.clip(shared, 0, None)


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
        torch.as_tensor(overlaps(length, grid), dtype=torch.float32, device=maps.device) for length in maps.shape[2:]
    )
    means = torch.einsum("ir,jc,nkrc->nijk", down, across, maps.float())
    return means.flatten(1, 2)
