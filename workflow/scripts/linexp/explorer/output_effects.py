"""What a neuron does to the output: the classes that it raises and lowers, where only a linear map follows it."""

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
    weight
        (n_classes, n_neurons of the layer) by how much the logit of a class rises with the neuron, beyond the mean of
        all classes: what raises all logits alike changes no probability.
    classes
        What each class is called.
    """

    weight: NDArray[np.float64]
    classes: list[str]

    def of(self, neuron: int) -> dict[str, Any]:
        """The classes that a neuron raises most and those that it lowers most, as pairs of name and effect."""
        effects = self.weight[:, neuron]
        order = np.argsort(-effects, kind="stable")
        named = [(self.classes[number], float(effects[number])) for number in order.tolist()]
        return {
            "raises": [[name, short(value, 4)] for name, value in named[:MOST] if value > 0],
            "lowers": [[name, short(value, 4)] for name, value in named[::-1][:MOST] if value < 0],
            "classes": len(named),
        }


def read_effects(head: AnyPath, outputs: AnyPath, index: pa.Table) -> OutputEffects | None:
    """The effects by the head of a layer; None where what follows the layer is not linear.

    Of units that are not neurons, the head has the logits' change with their written direction.
    """
    if not store.read_attribute(head, "linear"):
        return None
    (weight,) = store.read_arrays(head, "weight")
    (labels,) = store.read_arrays(outputs, "labels")
    weight = weight.astype(np.float64)
    return OutputEffects(weight - weight.mean(axis=0), class_names(labels, index, len(weight)))


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
