"""What a change of the network's output costs: cross-entropy, or the divergence from the original output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

Array = NDArray[np.float64]

NO_EFFECT_BELOW = 1e-6
"""Mean change of the loss below which a replaced neuron does nothing that could be scored in float32."""


class Loss(Protocol):
    """A loss of images whose logits change; both kinds are log Σ exp(logits/T) − a mean of logits/T + a constant."""

    @property
    def temperature(self) -> float: ...

    def __call__(self, logits: np.ndarray, images: slice = slice(None)) -> Array:
        """(n,) losses of the images with these logits, (n, n_classes) before the temperature."""

    def averaged(self, weight: np.ndarray) -> Array:
        """(n, n_neurons) the mean of a linear head's weights, (n_classes, n_neurons), that the loss takes of logits."""


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy with the true class, L of Eq. 3 and 12.

    Attributes
    ----------
    labels
        (n,) int, the model's own class numbers.
    temperature
        That logits are divided by (Guo et al., 2017).
    """

    labels: np.ndarray
    temperature: float = 1.0

    def __call__(self, logits: np.ndarray, images: slice = slice(None)) -> Array:
        labels = self.labels[images]
        scaled = np.multiply(logits, 1 / self.temperature, dtype=np.float64)
        scaled -= scaled.max(axis=1, keepdims=True)
        of_label = scaled[np.arange(len(labels)), labels]
        return np.log(np.exp(scaled, out=scaled).sum(axis=1)) - of_label

    def averaged(self, weight: np.ndarray) -> Array:
        return weight.astype(np.float64)[self.labels]


@dataclass(frozen=True)
class Divergence:
    """KL(f(x) ‖ f_changed(x)), for probing images without labels, as Bills et al. (2023) compare with the own output.

    Attributes
    ----------
    original
        (n, n_classes) logits of the unchanged network.
    temperature
        That logits are divided by.
    """

    original: np.ndarray
    temperature: float = 1.0

    def __call__(self, logits: np.ndarray, images: slice = slice(None)) -> Array:
        before = log_softmax(self.original[images].astype(np.float64) / self.temperature, axis=1)
        after = log_softmax(logits.astype(np.float64) / self.temperature, axis=1)
        return (np.exp(before) * (before - after)).sum(axis=1)

    def averaged(self, weight: np.ndarray) -> Array:
        return softmax(self.original.astype(np.float64) / self.temperature, axis=1) @ weight
