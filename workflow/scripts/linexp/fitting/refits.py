"""Weights of concepts that nobody chose: random sets, refitted as the concepts of an explanation are."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..explanations import Explanation
from .compiled_nonnegative import nonnegative
from .greedy import MAX_CONDITION
from .linear import Problem

Array = NDArray[np.float64]
Weights = Callable[[int, NDArray[np.int64]], Array]


def refitted(problem: Problem, sets: NDArray[np.int64], ridge: float = 0.0, positive: bool = False) -> Weights:
    """Least squares on train, for the concepts of random sets (Eq. 7).

    Of a set that is singular, copies share a weight; the greedy search says what counts as that.

    Parameters
    ----------
    sets
        (n_sets, K) numbers of concepts.
    ridge
        Added to the diagonal of the Gram matrix of standardised concepts.
    positive
        No weight may be negative.

    Returns
    -------
    Weights
        A function of a number of concepts k and some neurons, (c,) places in the problem, that gives the weights
        (n_sets, c, k) of the first k concepts of each set, of P itself; those of a neuron up to a factor.
    """
    std = problem.p_std[sets]
    of_pairs = sets[:, :, None], sets[:, None, :]
    grams = problem.train.covariance[of_pairs].astype(np.float64) / (std[:, :, None] * std[:, None, :])
    grams += ridge * np.eye(sets.shape[1])
    smallest = 1 / MAX_CONDITION[problem.train.covariance.dtype]
    inverses: dict[int, Array] = {}

    def weights_of(k: int, neurons: NDArray[np.int64]) -> Array:
        covariance = problem.train_q.covariance[neurons][:, sets[:, :k]].transpose(1, 0, 2)
        right = covariance / (std[:, None, :k] * problem.q_std[neurons, None])
        if positive:
            weights = np.empty_like(right)
            nonnegative(np.ascontiguousarray(grams[:, :k, :k]), right, weights)
        else:
            if k not in inverses:
                inverses[k] = np.linalg.pinv(grams[:, :k, :k], rcond=smallest, hermitian=True).astype(np.float64)
            weights = right @ inverses[k]
        return weights / std[:, None, :k]

    return weights_of


def as_they_are(explanations: Sequence[Explanation]) -> Weights:
    """The weights of the explanations themselves, (1, c, k), for methods that fit none."""
    weights = [_by_concept(explanation) for explanation in explanations]
    return lambda k, neurons: np.array([weights[neuron] for neuron in neurons])[None]


def _by_concept(explanation: Explanation) -> list[float]:
    """The weights of the concepts, one that is named twice with the sum of its own."""
    found: dict[str, float] = {}
    for concept, weight in zip(explanation.concepts, explanation.weights, strict=True):
        found[concept] = found.get(concept, 0.0) + weight
    return list(found.values())
