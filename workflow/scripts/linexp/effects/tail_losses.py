"""The losses of images whose neurons are given other values: by a rank-one update, or by replaying the tail."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .loss_curves import Curve, sample_curves
from .losses import Loss

Array = NDArray[np.float64]
Range = tuple[float, float]

LINEAR_TOLERANCE = 1e-7
LINEAR_MOST_NODES = 129


class TailLosses(Protocol):
    """The losses of n images under changes of single neurons of a layer.

    Attributes
    ----------
    activations
        (n, n_neurons) of the layer, at places (n, n_neurons, n_places).
    base
        (n,) losses of the unchanged network.
    """

    activations: np.ndarray
    base: Array

    def curves(self, neurons: Sequence[int], ranges: Sequence[Range], centres: Sequence[float]) -> list[Curve]:
        """The loss as each neuron's value varies over its range, with errors measured at its mean (`centres`)."""

    def at(self, neurons: Sequence[int], values: Sequence[Array]) -> list[Array]:
        """(m, n) losses of each neuron at values (m, n) or (m, 1), to a millionth of the neuron's mean effect.

        At places values are also those of all cells, (m, n, n_places).
        """


class LinearTailLosses:
    """Where a linear head follows the layer: new logits are the old ones plus (t − q)·w, a rank-one update.

    With E = exp(logits/T), the sum over classes of E·exp((t − q)·w/T) is for given values of t − q a matrix product, so
    curves are sampled in t − q, the same for all images. Losses that a curve does not give well enough, such as at
    extreme values, are computed from the logits themselves.
    """

    def __init__(self, logits: np.ndarray, weight: np.ndarray, activations: np.ndarray, loss: Loss):
        """

        Parameters
        ----------
        logits
            (n, n_classes) of the unchanged network.
        weight
            (n_classes, n_neurons) of the head.
        activations
            (n, n_neurons).
        loss
            Of the n images.
        """
        self.activations = activations
        self.base = loss(logits)
        self._logits = logits
        self._weight = weight.astype(np.float64) / loss.temperature
        scaled = logits.astype(np.float64) / loss.temperature
        self._exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        self._constant = self.base - np.log(self._exponentials.sum(axis=1))
        self._loss = loss

    def _sample(self, neurons: Sequence[int], changes: list[Array]) -> list[Array]:
        """(m, n) losses of each neuron at (m,) values of t − q."""
        exponents = [np.outer(change, self._weight[:, k]) for k, change in zip(neurons, changes, strict=True)]
        largest = [exponent.max(axis=1, keepdims=True) for exponent in exponents]
        factors = np.concatenate([np.exp(e - top) for e, top in zip(exponents, largest, strict=True)])
        with np.errstate(divide="ignore"):
            log_sums = np.log(factors @ self._exponentials.T)
        log_sums = np.split(log_sums, np.cumsum([len(change) for change in changes])[:-1])
        averaged = self._loss.averaged(self._weight[:, list(neurons)]).T
        sampled = [
            log_sum + top + self._constant - np.outer(change, mean)
            for log_sum, top, change, mean in zip(log_sums, largest, changes, averaged, strict=True)
        ]
        # the product of two numbers close to 0 can be 0
        return [
            losses if np.isfinite(losses).all() else self._from_logits(k, change[:, None])
            for k, change, losses in zip(neurons, changes, sampled, strict=True)
        ]

    def _from_logits(self, neuron: int, changes: Array) -> Array:
        """(m, n) losses at values (m, n) or (m, 1) of t − q, from the changed logits."""
        weight = self._weight[:, neuron] * self._loss.temperature
        return np.stack([self._loss(self._logits + change[:, None] * weight) for change in changes])

    def curves(self, neurons: Sequence[int], ranges: Sequence[Range], centres: Sequence[float]) -> list[Curve]:
        origins = list(self.activations[:, list(neurons)].T.astype(np.float64))
        changes = [(low - q.max(), high - q.min()) for (low, high), q in zip(ranges, origins, strict=True)]
        return sample_curves(
            self._sample, neurons, changes, origins, centres, self.base, LINEAR_TOLERANCE, LINEAR_MOST_NODES
        )

    def at(self, neurons: Sequence[int], values: Sequence[Array]) -> list[Array]:
        means = self.activations[:, list(neurons)].mean(axis=0, dtype=np.float64)
        ranges = [
            (min(v.min(), mean), max(v.max(), mean) + 1e-12 * abs(mean) + 1e-30)
            for v, mean in zip(values, means, strict=True)
        ]
        curves = self.curves(neurons, ranges, means)
        return [
            curve.at(v) if curve.error <= LINEAR_TOLERANCE else self._from_logits(k, v - self.activations[:, k])
            for k, curve, v in zip(neurons, curves, values, strict=True)
        ]


class ReplayedTailLosses:
    """Where more than a linear head follows the layer: every value is a pass through the tail.

    Parameters
    ----------
    tail
        A `tails.ReplayedTail`.
    rows
        (n,) the images.
    activations
        (n, n_neurons) of these images, at places (n, n_neurons, n_places).
    loss
        Of these images.
    tolerance, most_nodes
        Of curves, as in `sample_curves`.

    Attributes
    ----------
    logits
        (n, n_classes) float64 of the unchanged network.
    """

    def __init__(self, tail, rows: np.ndarray, activations: np.ndarray, loss: Loss, tolerance: float, most_nodes: int):
        self.activations = activations
        self.logits = tail.original(rows)
        self.base = loss(self.logits)
        self._tail, self._rows, self._loss = tail, rows, loss
        self._tolerance, self._most_nodes = tolerance, most_nodes

    def curves(self, neurons: Sequence[int], ranges: Sequence[Range], centres: Sequence[float]) -> list[Curve]:
        def sample(neurons, values):
            return self.at(neurons, [value[:, None] for value in values])

        origins = [np.zeros(len(self._rows))] * len(neurons)
        return sample_curves(sample, neurons, ranges, origins, centres, self.base, self._tolerance, self._most_nodes)

    def at(self, neurons: Sequence[int], values: Sequence[Array]) -> list[Array]:
        losses = [np.empty((len(value), len(self._rows))) for value in values]
        for place, number, images, logits in self._tail.passes(self._rows, neurons, values):
            losses[place][number, images] = self._loss(logits, images)
        return losses
