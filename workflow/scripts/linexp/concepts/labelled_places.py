"""Places that have both embeddings and pixel labels, some images at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..artifacts.store import ROWS_PER_BLOCK
from .presence import Presence


def places_of(images: np.ndarray, grid: int) -> NDArray[np.intp]:
    """(n · grid²,) the rows of the cells of images."""
    return (images[:, None] * grid**2 + np.arange(grid**2)).ravel()


def shared_concepts(labelled: Sequence[str], embedded: Sequence[str]) -> tuple[list[int], list[int]]:
    """The columns of the concepts that are in both, in the order of the first."""
    column = {concept: number for number, concept in enumerate(embedded)}
    shared = [number for number, concept in enumerate(labelled) if concept in column]
    return shared, [column[labelled[number]] for number in shared]


@dataclass(frozen=True)
class LabelledPlaces:
    """Similarities and covered shares of the same concepts at the same places.

    Attributes
    ----------
    embeddings
        Gives the unit-norm embeddings of the places from one to before another.
    concepts
        (m, dim) unit-norm embeddings.
    areas
        Covered shares of the same m concepts.
    grid
        Cells a side.
    """

    embeddings: Callable[[int, int], np.ndarray]
    concepts: np.ndarray
    areas: Presence
    grid: int

    def blocks(self, images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Rows of some images, ascending, with the (n · grid², m) similarities and covered shares of their places."""
        images_a_block = max(1, ROWS_PER_BLOCK // self.grid**2)
        for begin in range(0, int(images.max(initial=-1)) + 1, images_a_block):
            first, last = np.searchsorted(images, (begin, begin + images_a_block))
            if last > first:
                rows = places_of(images[first:last], self.grid)
                embeddings = self.embeddings(rows[0], rows[-1] + 1)[rows - rows[0]].astype(np.float32)
                yield images[first:last], embeddings @ self.concepts.T, self.areas.of(rows)
