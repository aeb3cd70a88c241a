"""Which neurons are alike: by what they do, and by how they are explained."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from ..explanations import Explanation
from ..scoring.simulation import sparse_weights

NEAREST = 6

Similarities = Callable[[slice], NDArray[np.float64]]
"""Gives (k, n_neurons): how alike the neurons at some places are to all."""


class CorrelationSum:
    """The correlation of neurons with each other, over blocks of images."""

    def __init__(self):
        self._count = 0

    def add(self, activations: np.ndarray) -> None:
        """Add images, (rows, n_neurons)."""
        if not self._count:
            self._shift = activations.mean(axis=0)
            n = len(self._shift)
            self._total, self._products = np.zeros(n), np.zeros((n, n))
        shifted = activations - self._shift
        self._count += len(shifted)
        self._total += shifted.sum(axis=0, dtype=np.float64)
        self._products += shifted.T @ shifted

    def correlations(self) -> NDArray[np.float64]:
        """(n_neurons, n_neurons), 0 where a neuron is constant."""
        mean = self._total / self._count
        covariance = self._products / self._count - np.outer(mean, mean)
        spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        scale = np.outer(spread, spread)
        return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)


def activation_correlations(blocks: Iterable[np.ndarray]) -> NDArray[np.float64]:
    """(n_neurons, n_neurons) correlations of activations that come in blocks of (rows, n_neurons)."""
    total = CorrelationSum()
    for block in blocks:
        total.add(block)
    return total.correlations()


def sparse_correlations(groups: Iterable[np.ndarray]) -> Similarities:
    """The same of activations that are mostly 0 and come in groups of neurons, (n_images, k).

    What is kept grows with the activations that are not 0, not with the square of the number of neurons.
    """
    columns = hstack([csc_array(group.astype(np.float64)) for group in groups], format="csc")
    n_images = columns.shape[0]
    mean = columns.sum(axis=0) / n_images
    spread = np.sqrt(np.maximum(columns.multiply(columns).sum(axis=0) / n_images - mean**2, 0.0))
    by_image = columns.tocsr()

    def of_some(places: slice) -> NDArray[np.float64]:
        covariance = (columns[:, places].T @ by_image).toarray() / n_images - np.outer(mean[places], mean)
        scale = np.outer(spread[places], spread)
        return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)

    return of_some


def explanation_cosines(explanations: Sequence[Explanation]) -> Similarities:
    """Cosines of the weights, 0 where a neuron is not explained."""
    concepts = sorted({concept for one in explanations for concept in one.concepts})
    weights = csr_array(sparse_weights(explanations, concepts).T)
    norm = np.sqrt(weights.multiply(weights).sum(axis=1))

    def of_some(places: slice) -> NDArray[np.float64]:
        products, scale = (weights[places] @ weights.T).toarray(), np.outer(norm[places], norm)
        return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)

    return of_some


def nearest(similarity: np.ndarray, place: int) -> list[tuple[int, float]]:
    """The places of the neurons that are most similar to one, with their similarity, if it is positive.

    Equal ones come by place.

    Parameters
    ----------
    similarity
        (n_neurons,) of the neuron at `place` with all.
    """
    others = similarity.copy()
    others[place] = -np.inf
    order = np.argsort(-others, kind="stable")[:NEAREST]
    return [(int(other), float(others[other])) for other in order if others[other] > 0]
