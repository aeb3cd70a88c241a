"""How much of each cell of each image the concepts of pixel labels cover: P of places, and with one cell of images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import ordered_map
from ..jobs.progress import progress
from .crops import Box, CellAreas
from .masks import PixelLabels


@dataclass(frozen=True)
class Areas:
    """Covered shares in sparse rows, one a cell: by image, then row by row of its grid.

    Attributes
    ----------
    begins
        (n_images · grid² + 1,) int64, where each row begins in what follows.
    columns
        (n,) int32 numbers of concepts, ascending within a row.
    shares
        (n,) float32, above 0.
    concepts
        Their names, each once.
    """

    begins: NDArray[np.int64]
    columns: NDArray[np.int32]
    shares: NDArray[np.float32]
    concepts: list[str]


def measure_areas(
    labels: PixelLabels, rows: Sequence[int] | np.ndarray, boxes: np.ndarray, grid: int, threads: int = 1
) -> Areas:
    """Measure the areas of the concepts in the cells of some images.

    A concept of several categories, such as a material and an object of one name, covers what any of them covers.

    Parameters
    ----------
    rows
        (n_images,) of the labels.
    boxes
        (n_images, 4) that are cut into cells, as shares of the images' sides.
    grid
        Cells a side.
    """
    concepts = list(dict.fromkeys(labels.concepts))
    number = {concept: column for column, concept in enumerate(concepts)}
    column_of = np.array([number[concept] for concept in labels.concepts])
    cells_of = lru_cache(maxsize=None)(CellAreas)

    def of_image(image: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How many concepts there are in each cell, which, and their shares."""
        found = labels.masks(int(rows[image]))
        columns, which = np.unique(column_of[found.concepts], return_inverse=True)
        masks = np.zeros((len(columns), *found.masks.shape[1:]), bool)
        for place, mask in zip(which, found.masks, strict=True):
            masks[place] |= mask
        box: Box = tuple(boxes[image].tolist())
        shares = cells_of(box, grid, masks.shape[1:]).of(masks)
        cell, concept = np.nonzero(shares)
        return np.bincount(cell, minlength=grid * grid), columns[concept].astype(np.int32), shares[cell, concept]

    measured = ordered_map(of_image, range(len(rows)), threads)
    counts, columns, shares = zip(
        *progress(measured, len(rows), "image", "measuring areas", step=lambda _: 1), strict=True
    )
    begins = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return Areas(begins, np.concatenate(columns), np.concatenate(shares).astype(np.float32), concepts)
