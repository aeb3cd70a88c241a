"""How well P at places tells where concepts are, beside P of whole images, against pixel labels.

All measures are the same for any calibration, as P rises with similarity: they are taken from histograms of similarity,
so that memory does not grow with the number of places.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BINS = 1 << 13
"""Of a similarity between -1 and 1; similarities in one bin count as equal."""
PRESENT = 0.5
"""A concept is present in a cell if it covers this share of it."""

Array = NDArray[np.float64]


class SimilarityHistogram:
    """How many places have a similarity, for each concept, where it is absent (0) and where it is present (1).

    Attributes
    ----------
    count
        (n_concepts, 2, BINS) int64.
    """

    def __init__(self, n_concepts: int):
        self.count = np.zeros((n_concepts, 2, BINS), np.int64)

    def add(self, similarity: np.ndarray, present: np.ndarray) -> None:
        """Count some places, (rows, n_concepts) each."""
        n_concepts = len(self.count)
        bins = np.clip(((similarity + 1) * (BINS / 2)).astype(np.int64), 0, BINS - 1)
        place = (2 * np.arange(n_concepts) + present) * BINS + bins
        np.add.at(self.count.reshape(-1), place.ravel(), 1)


def roc_areas(count: np.ndarray) -> Array:
    """(n_concepts,) how often a place with the concept is more similar than one without, ties counting half."""
    absent, present = count[:, 0], count[:, 1]
    below = absent.cumsum(axis=1) - absent / 2
    return (present * below).sum(axis=1) / (present.sum(axis=1) * absent.sum(axis=1, dtype=float))


def _found(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n_concepts, BINS) how many places with and without the concept have the similarity of a bin or more."""
    absent, present = np.moveaxis(count[:, :, ::-1].cumsum(axis=2)[:, :, ::-1], 1, 0)
    return present, absent


def average_precisions(count: np.ndarray) -> Array:
    """(n_concepts,) Σ (R_i − R_{i−1})·precision_i over falling similarity."""
    present, absent = _found(count)
    precision = present / np.maximum(present + absent, 1)
    return (count[:, 1] * precision).sum(axis=1) / count[:, 1].sum(axis=1)


def intersections_over_unions(count: np.ndarray) -> Array:
    """(n_concepts, BINS) IoU of the places from the similarity of a bin on with those that have the concept."""
    present, absent = _found(count)
    return present / (count[:, 1].sum(axis=1, keepdims=True) + absent)


def measures(train: np.ndarray, test: np.ndarray) -> dict[str, Array]:
    """AUC and average precision on test, and IoU there from the similarity on that is best on train."""
    best = intersections_over_unions(train).argmax(axis=1)
    iou = intersections_over_unions(test)[np.arange(len(test)), best]
    return {"auc": roc_areas(test), "average_precision": average_precisions(test), "iou": iou}


class PlaceQuality:
    """Gathers similarities of places and of their whole images, on train and test.

    Parameters
    ----------
    concepts
        Their names.
    grid
        Cells a side.
    """

    def __init__(self, concepts: Sequence[str], grid: int):
        self._concepts, self._grid = list(concepts), grid
        histograms = {"": SimilarityHistogram(len(concepts)), "_image": SimilarityHistogram(len(concepts))}
        self._of = {"train": histograms, "test": {name: SimilarityHistogram(len(concepts)) for name in histograms}}

    def add(self, split: str, places: np.ndarray, images: np.ndarray, shares: np.ndarray) -> None:
        """Count the places of some images.

        Parameters
        ----------
        places, shares
            (n · grid², n_concepts) similarities and covered shares, by image.
        images
            (n, n_concepts) similarities of whole images, of which each place gets that of its own.
        """
        present = shares >= PRESENT
        self._of[split][""].add(places, present)
        self._of[split]["_image"].add(np.repeat(images, self._grid**2, axis=0), present)

    def table(self) -> pd.DataFrame:
        """A row a concept that is present and absent somewhere on train and on test, behind a first row with means.

        `concept`, `places` (of test where it is present), `auc`, `average_precision`, `iou`, and the same of whole
        images with `_image` behind.
        """
        counts = {split: {name: found.count for name, found in parts.items()} for split, parts in self._of.items()}
        known = np.all([counts[split][""].sum(axis=2).min(axis=1) > 0 for split in counts], axis=0)
        columns: dict[str, Iterable] = {
            "concept": np.array(self._concepts, object)[known],
            "places": counts["test"][""][known, 1].sum(axis=1),
        }
        for name in counts["test"]:
            found = measures(counts["train"][name][known], counts["test"][name][known])
            columns |= {f"{measure}{name}": values for measure, values in found.items()}
        table = pd.DataFrame(columns)
        means = table.drop(columns="concept").mean().to_frame().T.assign(places=table["places"].sum())
        return pd.concat([means.assign(concept="(mean)"), table])[list(table.columns)].reset_index(drop=True)
