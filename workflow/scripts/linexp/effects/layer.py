"""What ablation and Top Impact read: a network's outputs, and the linear head behind a layer where there is one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifacts import store
from ..errors import LinexpError
from .losses import CrossEntropy, Divergence, Loss

CHECKED_IMAGES = 64
MOST_DIFFERENT = 1e-2
"""How far computed logits may be from those recorded, relative to the largest."""


@dataclass(frozen=True)
class Outputs:
    """What a network makes of the probe.

    Attributes
    ----------
    logits
        (n_images, n_classes) before the temperature.
    labels
        (n_images,) −1 where the model has no such class.
    """

    logits: np.ndarray
    labels: np.ndarray
    temperature: float

    def scorable(self, loss: str, rows: np.ndarray) -> np.ndarray:
        """Those of the rows that a loss can be had of: for `cross_entropy`, those whose class the model knows.

        Raises
        ------
        LinexpError
            There are none.
        """
        rows = rows if loss == "kl" else rows[self.labels[rows] >= 0]
        if not len(rows):
            raise LinexpError("no image has a class that the model knows; correct class_map, or set ablation.loss: kl")
        return rows

    def loss(self, kind: str, rows: np.ndarray) -> Loss:
        """`cross_entropy` with the labels of some images, or `kl` from their own logits."""
        if kind == "kl":
            return Divergence(self.logits[rows], self.temperature)
        return CrossEntropy(self.labels[rows], self.temperature)


def read_outputs(path: str | Path) -> Outputs:
    """The outputs in `outputs.h5`.

    Raises
    ------
    LinexpError
        A label is no class of the model, or a logit is not finite.
    """
    logits, labels = store.read_arrays(path, "logits", "labels")
    temperature = float(store.read_attribute(path, "temperature"))
    if labels.max() >= logits.shape[1]:
        problem = f"label {labels.max()} is outside the model's classes, 0 to {logits.shape[1] - 1}"
        raise LinexpError(f"{path}: {problem}; correct class_map, delete the file and run again")
    if not np.isfinite(logits).all():
        raise LinexpError(f"{path}: there are logits that are not finite; delete it and run again")
    return Outputs(logits, labels, temperature)


def read_head(path: str | Path, outputs: Outputs, activations: np.ndarray) -> NDArray[np.float32] | None:
    """(n_classes, n_units) weights of a linear tail; None where the tail is not linear.

    Raises
    ------
    LinexpError
        The head does not lead from these activations to these logits.
    """
    if not store.read_attribute(path, "linear"):
        return None
    weight, bias = store.read_arrays(path, "weight", "bias")
    if weight.shape != (outputs.logits.shape[1], activations.shape[1]):
        raise LinexpError(f"{path} is of another layer or model; delete it and run again")
    if not store.read_attribute(path, "of_units"):
        check_logits(path, outputs.logits[:CHECKED_IMAGES], activations[:CHECKED_IMAGES][:, :] @ weight.T + bias)
    return weight


def check_logits(path: str | Path, recorded: np.ndarray, computed: np.ndarray) -> None:
    """Raise a `LinexpError` that names a file if logits, (n, n_classes), are not those that were recorded."""
    if np.abs(computed - recorded).max() > MOST_DIFFERENT * (1 + np.abs(recorded).max()):
        remedy = "delete outputs, head and activations of the target and run again"
        raise LinexpError(f"{path} and what else was recorded are not of one model; {remedy}")
