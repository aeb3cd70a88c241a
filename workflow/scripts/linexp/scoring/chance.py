"""What correlations come by chance: of activations dealt out among the images, and of random sets of concepts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import for_slices
from ..variation import constant
from .compiled_permutations import count_reaching
from .shuffling import standardised

Array = NDArray[np.float64]

DRAWS = 1999
"""Permutations, and sets of concepts: no p is below 1/2,000."""
TIE = 1e-9
TIE_OF_MOMENTS = 1e-5
"""Correlations that differ by less are equal where one comes of moments in single precision."""
NEURONS = 16
"""Neurons whose images are permuted together, so that they stay in the cache."""
VALUES_AT_ONCE = 1 << 24


def permutation_p(
    simulated: np.ndarray,
    activations: np.ndarray,
    seed: int,
    permutations: int = DRAWS,
    threads: int = 1,
    places: int = 1,
) -> Array:
    """One-sided p of the correlation of s and q: how often it is as high when the images of q are permuted.

    Parameters
    ----------
    simulated, activations
        (n, n_neurons) on the same images, none of which is a copy of another.
    seed
        Of the permutations, which are the same for all neurons.
    places
        Rows of each image, one behind the other: whole images are permuted.

    Returns
    -------
    Array
        (n_neurons,) (1 + b) / (1 + B) with b of B permutations that reach it; NaN where s or q is constant.
    """
    s, q = standardised(simulated), standardised(activations)
    n, k = s.shape
    varying = np.flatnonzero(s.any(axis=0) & q.any(axis=0))
    images = np.tile(np.arange(n // places, dtype=np.int32), (permutations, 1))
    orders = np.random.default_rng(seed).permuted(images, axis=1, out=images)
    counts = np.zeros(len(varying), np.int64)

    def count(neurons: slice) -> None:
        some, others = (np.ascontiguousarray(values[:, varying[neurons]]) for values in (s, q))
        needed = np.einsum("ij,ij->j", some, others) - TIE * n
        some, others = (values.reshape(n // places, places, -1) for values in (some, others))
        count_reaching(some, others, orders, needed, counts[neurons])

    for_slices(count, len(varying), threads, NEURONS)
    found = np.full(k, np.nan)
    found[varying] = (1 + counts) / (1 + permutations)
    return found


def draw_sets(n_concepts: int, length: int, seed: int, n_sets: int = DRAWS) -> NDArray[np.int64]:
    """Random sets of concepts, (n_sets, length); the first k of a row are a random set of k."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(n_concepts, length, replace=False) for _ in range(n_sets)]
    return np.array(rows, np.int64).reshape(n_sets, length)


@dataclass(frozen=True)
class SetMoments:
    """The moments that the correlations of simulations by sets of concepts follow from.

    Attributes
    ----------
    sets
        (n_sets, K) columns of P.
    within
        (n_sets, K, K) covariances of P within each set.
    with_neurons
        (n_neurons, m) covariances of each neuron, standardised, with each column of P.
    """

    sets: NDArray[np.int64]
    within: NDArray[np.float32]
    with_neurons: NDArray[np.float32]

    @classmethod
    def of(cls, p: np.ndarray, activations: np.ndarray, sets: NDArray[np.int64]) -> "SetMoments":
        """Those of the simulator's P, (n, m), and activations, (n, n_neurons), of the same images."""
        return RandomSets.of(p, sets).moments(activations)

    def correlations(self, weights: np.ndarray, neurons: np.ndarray) -> Array:
        """Correlations (n_sets, c) of c neurons with what the first k concepts of each set simulate.

        Parameters
        ----------
        weights
            (n_sets or 1, c, k) of the concepts in each set; a simulation that does not vary has correlation 0.
        """
        k = weights.shape[2]
        reached = (weights * self.with_neurons[neurons][:, self.sets[:, :k]].transpose(1, 0, 2)).sum(axis=2)
        spread = np.sqrt(np.maximum(((weights @ self.within[:, :k, :k]) * weights).sum(axis=2), 0.0))
        varies = spread > TIE * np.abs(weights).sum(axis=2)
        return np.divide(reached, spread, out=np.zeros(np.broadcast_shapes(reached.shape)), where=varies)


@dataclass(frozen=True)
class RandomSets:
    """What all neurons of a layer share of the moments of random sets.

    Attributes
    ----------
    sets, within
        As of `SetMoments`.
    columns
        (m, n) P of the images, a row a concept, without its mean.
    """

    sets: NDArray[np.int64]
    within: NDArray[np.float32]
    columns: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray, sets: NDArray[np.int64]) -> "RandomSets":
        """Those of the simulator's P, (n, m)."""
        n = len(p)
        columns = np.ascontiguousarray((p - p.mean(axis=0, dtype=np.float64).astype(p.dtype)).T)
        columns[constant(p)] = 0
        within = np.empty((*sets.shape, sets.shape[1]), np.float32)
        step = max(1, VALUES_AT_ONCE // (n * max(1, sets.shape[1])))
        for begin in range(0, len(sets), step):
            some = columns[sets[begin : begin + step]]
            within[begin : begin + step] = some @ some.transpose(0, 2, 1) / n
        return cls(sets, within, columns)

    def moments(self, activations: np.ndarray) -> SetMoments:
        """With some neurons, whose activations, (n, n_neurons), are of the same images."""
        covariances = standardised(activations).T.astype(np.float32) @ self.columns.T / len(activations)
        return SetMoments(self.sets, self.within, covariances)


class Drawn(NamedTuple):
    """What random sets reach for each neuron, (n_neurons,): p of the explanation, and of their correlations the mean
    and the 95th percentile; NaN for those without an explanation or a correlation."""

    p: Array
    mean: Array
    p95: Array


def against_sets(
    moments: SetMoments,
    lengths: NDArray[np.int64],
    correlations: np.ndarray,
    weights_of: Callable[[int, NDArray[np.int64]], np.ndarray],
    threads: int = 1,
) -> Drawn:
    """Compare each explanation with random sets of as many concepts.

    Parameters
    ----------
    lengths
        (n_neurons,) numbers of concepts.
    correlations
        (n_neurons,) of the explanations, NaN where undefined.
    weights_of
        Gives the weights, (n_sets or 1, c, k), of the first k concepts of each set for some neurons.
    """
    found = Drawn(*np.full((3, len(lengths)), np.nan))
    possible = np.where(np.isnan(correlations), 0, lengths)
    for length in np.unique(possible[possible > 0]).tolist():
        neurons = np.flatnonzero(possible == length)

        def compare(some: slice, length: int = length, neurons: np.ndarray = neurons) -> None:
            here = neurons[some]
            reached = moments.correlations(weights_of(length, here), here)
            as_high = (reached >= correlations[here] - TIE_OF_MOMENTS).sum(axis=0)
            found.p[here] = (1 + as_high) / (1 + len(reached))
            found.mean[here], found.p95[here] = reached.mean(axis=0), np.quantile(reached, 0.95, axis=0)

        for_slices(compare, len(neurons), threads)
    return found
