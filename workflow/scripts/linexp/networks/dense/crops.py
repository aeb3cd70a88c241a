"""Any other model: overlapping crops, an embedding each, at grid² times the cost of an image."""

from itertools import product

from ...probes.crops import Box
from .way import DenseWay


def windows(box: Box, grid: int) -> list[Box]:
    """The boxes of the crops around the cells of a box, row by row.

    A crop is 2/(grid + 1) of a side long and neighbours share half of it, so that all together cover the box.
    """
    left, top, right, bottom = box
    across, down = (right - left) / (grid + 1), (bottom - top) / (grid + 1)
    return [
        (left + column * across, top + row * down, left + (column + 2) * across, top + (row + 2) * down)
        for row, column in product(range(grid), repeat=2)
    ]


WAY = DenseWay("crops", "for any model", lambda _visual: True, None)
