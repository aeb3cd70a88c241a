"""What a neuron does to the output: the classes that it raises and lowers, by a linear head or a replayed tail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..artifacts import store
from .layer import AnyPath
from .scripts import short

MOST = 5
"""Classes that are raised, and as many that are lowered."""


@dataclass(frozen=True)
class OutputEffects:
    """Effects of the neurons of a layer on the logits.

    Attributes
    ----------
    effects
        (n, n_classes) by how much the logit of a class rises, beyond the mean of all classes: what raises all logits
        alike changes no probability. With a unit of activation behind a linear head; where the tail was replayed, with
        high activations against the neuron's mean.
    rows
        By neuron the row that it has.
    classes
        What each class is called.
    images
        On which the tail was replayed for each neuron; None behind a linear head.
    """

    effects: NDArray[np.float64]
    rows: Mapping[int, int]
    classes: list[str]
    images: int | None

    def of(self, neuron: int) -> dict[str, Any]:
        """The classes that a neuron raises most and those that it lowers most, as pairs of name and effect."""
        effects = self.effects[self.rows[neuron]]
        order = np.argsort(-effects, kind="stable")
        named = [(self.classes[number], float(effects[number])) for number in order.tolist()]
        return {
            "raises": [[name, short(value, 4)] for name, value in named[:MOST] if value > 0],
            "lowers": [[name, short(value, 4)] for name, value in named[::-1][:MOST] if value < 0],
            "classes": len(named),
        }


def read_effects(head: AnyPath, effects: AnyPath, outputs: AnyPath, index: pa.Table) -> OutputEffects:
    """The effects of a layer: by its head where that is linear, else those that were measured.

    Of units that are not neurons, both are of the direction that they write.
    """
    images = None
    if store.read_attribute(head, "linear"):
        found = store.read_arrays(head, "weight")[0].T
        neurons = np.arange(len(found))
    else:
        neurons, found = store.read_arrays(effects, "neurons", "effects")
        images = int(store.read_attribute(effects, "images"))
    (labels,) = store.read_arrays(outputs, "labels")
    found = found.astype(np.float64)
    rows = {neuron: row for row, neuron in enumerate(neurons.tolist())}
    centred = found - found.mean(axis=1, keepdims=True)
    return OutputEffects(centred, rows, class_names(labels, index, found.shape[1]), images)


def class_names(labels: np.ndarray, index: pa.Table, n_classes: int) -> list[str]:
    """What the images of each class of the model are called in the probe; `class 7` where there are none.

    Parameters
    ----------
    labels
        (n_images,) the model's class of each image, -1 where it has none.
    """
    known, first = np.unique(labels, return_index=True)
    names = index["class_name"].take(first).to_pylist()
    found = {number: name for number, name in zip(known.tolist(), names, strict=True) if number >= 0 and name}
    return [found.get(number, f"class {number}") for number in range(n_classes)]
