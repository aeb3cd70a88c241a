"""What the page of an image says: neurons that are high on it, its labels, and the concepts that it shows most."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifacts import store
from .layer import AnyPath, Explained, LayerFiles, read_activations
from .scripts import short, write_script

FACTS_A_FILE = 100
MOST_NEURONS = 10
MOST_CONCEPTS = 8


class Highest:
    """Of each of n rows the highest among columns that come in groups, as many as `most`.

    Parameters
    ----------
    by
        What is compared of values.

    Attributes
    ----------
    columns, values
        (n, at most `most`) by falling value, equal ones by column.
    """

    def __init__(self, n: int, most: int, by: Callable[[np.ndarray], np.ndarray] = np.positive):
        self._most, self._by = most, by
        self.columns, self.values = np.zeros((n, 0), np.int64), np.zeros((n, 0))

    def add(self, first: int, values: np.ndarray) -> None:
        """Look at columns from `first` on, (n, k)."""
        numbers = np.broadcast_to(np.arange(first, first + values.shape[1]), values.shape)
        columns = np.concatenate([self.columns, numbers], axis=1)
        together = np.concatenate([self.values, values], axis=1)
        order = np.argsort(-self._by(together), axis=1, kind="stable")[:, : self._most]
        self.columns, self.values = (np.take_along_axis(of, order, axis=1) for of in (columns, together))


def firing(files: LayerFiles, explained: Explained, rows: NDArray[np.intp]) -> list[list[list[float | int | None]]]:
    """For each of some images its `MOST_NEURONS` neurons that are highest within their range over all images.

    Returns
    -------
    list[list[list[float | int | None]]]
        The place of each neuron, its activation, and how far that is from its lowest, 0, to its highest, 1.
    """
    found = Highest(len(rows), MOST_NEURONS)
    ends = []
    for places in explained.groups():
        activations = read_activations(files.activations, explained.neurons[places])
        low, high = activations.min(axis=0), activations.max(axis=0)
        span = np.where(high > low, high - low, 1)
        found.add(places.start, (activations[rows] - low) / span)
        ends.append((low, high - low))
    low, span = (np.concatenate(of) for of in zip(*ends, strict=True))
    values = low[found.columns] + found.values * span[found.columns]
    return [
        [[place, short(value, 4), short(share, 3)] for place, value, share in zip(*of_image, strict=True)]
        for of_image in zip(found.columns.tolist(), values.tolist(), found.values.tolist(), strict=True)
    ]


def labels_of(path: AnyPath | None, rows: NDArray[np.intp]) -> list[list[str]]:
    """The labels of each of some images; none where there are none."""
    if path is None:
        return [[] for _ in rows]
    names = store.read_strings(path, "concepts")
    with store.open_arrays(path) as file:
        labels = np.concatenate(list(store.row_blocks(file["labels"], rows)))
    return [[names[column] for column in np.flatnonzero(one).tolist()] for one in labels]


def write_image_facts(
    folder: Path,
    files: LayerFiles,
    explained: Explained,
    rows: NDArray[np.intp],
    sample: np.ndarray,
    seen: Highest,
    errors: Sequence[list[Any]],
) -> None:
    """Write `image_facts/{number}.js`: `FACTS_A_FILE` images each, in the order of their pictures.

    Parameters
    ----------
    rows
        Of the images that are shipped, ascending.
    sample, seen, errors
        Rows of those that the simulator's P is shipped of, their concepts with the highest P, and the neurons whose
        explanations err most on each, with their errors.
    """
    concepts: dict[int, Sequence[Any]] = {
        row: [[concept, short(p, 3)] for concept, p in zip(*of_image, strict=True)]
        for row, *of_image in zip(sample.tolist(), seen.columns.tolist(), seen.values.tolist(), strict=True)
    }
    erring = dict(zip(sample.tolist(), errors, strict=True))
    facts = [
        {"neurons": neurons, "labels": labels, "concepts": concepts.get(row, []), "errors": erring.get(row, [])}
        for row, neurons, labels in zip(
            rows.tolist(), firing(files, explained, rows), labels_of(files.labels, rows), strict=True
        )
    ]
    for number, begin in enumerate(range(0, len(facts), FACTS_A_FILE)):
        write_script(folder, f"image_facts/{number}", facts[begin : begin + FACTS_A_FILE])
