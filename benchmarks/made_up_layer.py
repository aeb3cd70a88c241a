"""A made-up last layer with a linear head, like ResNet-50's: activations, weights, logits, labels, and simulations."""

from dataclasses import dataclass

import numpy as np

ROWS_PER_BLOCK = 4096


@dataclass(frozen=True)
class LastLayer:
    """What ablation and Top Impact read.

    Attributes
    ----------
    activations
        (n, n_neurons) float32, not negative, sparse.
    weight
        (n_classes, n_neurons) float32.
    logits
        (n, n_classes) float32.
    labels
        (n,) drawn from the logits.
    """

    activations: np.ndarray
    weight: np.ndarray
    logits: np.ndarray
    labels: np.ndarray

    @classmethod
    def make(cls, n_images: int, n_neurons: int, n_classes: int, seed: int = 0) -> "LastLayer":
        rng = np.random.default_rng(seed)
        weight = (rng.normal(size=(n_classes, n_neurons)) * 3 / np.sqrt(n_neurons)).astype(np.float32)
        activations = np.empty((n_images, n_neurons), np.float32)
        logits, labels = np.empty((n_images, n_classes), np.float32), np.empty(n_images, np.int64)
        for begin in range(0, n_images, ROWS_PER_BLOCK):
            rows = slice(begin, min(begin + ROWS_PER_BLOCK, n_images))
            q = activations[rows]
            q[:] = np.maximum(rng.standard_normal(q.shape, np.float32) - 0.3, 0)
            q += 0.2 * rng.standard_gamma(0.5, q.shape, np.float32)
            np.matmul(q, weight.T, out=logits[rows])
            labels[rows] = (logits[rows] + rng.gumbel(size=logits[rows].shape)).argmax(axis=1)
        return cls(activations, weight, logits, labels)

    def simulated(self, neurons: slice, seed: int = 1) -> np.ndarray:
        """(n, some neurons) float32 simulations that correlate with the activations, on another scale."""
        q = self.activations[:, neurons]
        return 0.3 * q + np.float32(0.3) * np.random.default_rng(seed).standard_normal(q.shape, np.float32)
