"""P that is made of other P: the mean of several explainers, and labels together with pseudo-labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .presence import Presence


@dataclass(frozen=True)
class MeanPresence:
    """The mean of several P of the same concepts."""

    parts: Sequence[Presence]

    def of(self, rows: np.ndarray) -> np.ndarray:
        total = self.parts[0].of(rows)
        for part in self.parts[1:]:
            total = total + part.of(rows)
        return total / total.dtype.type(len(self.parts))

    def only(self, columns: np.ndarray) -> "MeanPresence":
        return MeanPresence([part.only(columns) for part in self.parts])


@dataclass(frozen=True)
class BothPresence:
    """P of labels and of pseudo-labels; of a concept that has both their weighted mean.

    Attributes
    ----------
    labels, pseudo
        Give their P, (n, m), of the images from one to before another.
    label_columns, pseudo_columns
        (m,) the column of each concept in them, -1 where it is not there.
    label_weight
        The share of the label in the mean.
    """

    labels: Callable[[int, int], np.ndarray]
    pseudo: Callable[[int, int], np.ndarray]
    label_columns: NDArray[np.intp]
    pseudo_columns: NDArray[np.intp]
    label_weight: float

    def averaged(self) -> NDArray[np.bool_]:
        """(m,) the concepts that have both."""
        return (self.label_columns >= 0) & (self.pseudo_columns >= 0)

    def of(self, rows: np.ndarray) -> np.ndarray:
        begin, end = rows[0], rows[-1] + 1
        p = np.zeros((len(rows), len(self.label_columns)), np.float32)
        for read, columns, weight in (
            (self.labels, self.label_columns, self.label_weight),
            (self.pseudo, self.pseudo_columns, 1 - self.label_weight),
        ):
            here = np.flatnonzero(columns >= 0)
            share = np.where(self.averaged(), weight, 1.0)[here].astype(np.float32)
            p[:, here] += share * read(begin, end)[rows - begin][:, columns[here]]
        return p

    def only(self, columns: np.ndarray) -> "BothPresence":
        return replace(self, label_columns=self.label_columns[columns], pseudo_columns=self.pseudo_columns[columns])


def columns_of(labels: Sequence[str], pseudo: Sequence[str]) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """The concepts of labels and pseudo-labels, each once, and the columns that they have in both (`BothPresence`)."""
    concepts = list(dict.fromkeys([*labels, *pseudo]))
    places = ({concept: column for column, concept in enumerate(known)} for known in (labels, pseudo))
    of_labels, of_pseudo = (np.array([place.get(concept, -1) for concept in concepts], np.intp) for place in places)
    return concepts, of_labels, of_pseudo
