"""Search among all concepts: for every length the set with the least squared error on train, on moments.

Forward selection with a beam: of all sets that have one concept more than those of the length before, the best are
kept; in the best one single concepts are then exchanged for others until that improves nothing. Every concept is looked
at in every step, so what comes out is no worse than any set with one concept exchanged.

- Sets are compared by least squares; the ridge is in the weights of the one that is taken.
- Of sets that explain equally much within 1e-9 (both standardised) the one wins whose last concept has the higher
  covariance with the neuron on train, then the one whose has the lower index; of copies of a concept rounding decides.
- A set is singular, and left out, where the greedy search says so: `MAX_CONDITION`.
- With `positive`, all weights of a set have to be positive; a length at which the ridge makes one negative is passed
  over.
- The length is the one with the highest validation correlation less tolerance × length; of equal ones within 1e-9 the
  shorter. Only lengths with a positive correlation count; without any the neuron is unexplained.
- A length that is given is taken as far as there are sets, without a look at val.
"""

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import for_slices
from .compiled_subsets import TIE, find_sets, find_sets_of_each
from .greedy import MAX_CONDITION

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def best_subsets(
    train: tuple[Array, Array],
    longest: Indices,
    beam: int = 10,
    swaps: bool = True,
    positive: bool = False,
    threads: int = 1,
) -> Indices:
    """The best set of every length for every neuron.

    Parameters
    ----------
    train
        (m, m) Gram matrix of the standardised concepts, float64 or float32; (n, m) covariances with the standardised
        neurons.
    longest
        (n,) the length to go to.
    beam
        Sets of each length that the next is looked for from.
    swaps
        Exchange single concepts.
    positive
        Only sets with positive weights.
    threads
        To work on; the result is the same for any number.

    Returns
    -------
    Indices
        (n, k, k) concepts: the i-th row of a neuron has i + 1 of them and -1 behind, or nothing but -1.
    """
    gram, covariances = map(np.ascontiguousarray, train)
    longest = np.minimum(longest, len(gram))
    size = max(longest.max(initial=0), 1)
    sets = np.full((len(covariances), size, size), -1, np.int64)
    keys, condition = _keys(len(gram)), MAX_CONDITION[gram.dtype]

    def find(rows: slice) -> None:
        find_sets(gram, covariances[rows], keys, longest[rows], beam, swaps, positive, condition, sets[rows])

    for_slices(find, len(covariances), threads)
    return sets


def _weights(sets: Indices, grams: np.ndarray, covariances: np.ndarray, ridge: float) -> Array:
    """Weights (n, k, k) of every length, with Gram matrices (n, m, m); 0 where there is none."""
    weights = np.zeros(sets.shape)
    for place in range(sets.shape[1]):
        rows = np.flatnonzero(sets[:, place, 0] >= 0)
        chosen = sets[rows, place, : place + 1]
        part = grams[rows[:, None, None], chosen[:, :, None], chosen[:, None, :]].astype(np.float64)
        right = covariances[rows[:, None], chosen].astype(np.float64)
        weights[rows, place, : place + 1] = np.linalg.solve(part + ridge * np.eye(place + 1), right[..., None])[..., 0]
    return weights


def _correlations(sets: Indices, weights: Array, val: tuple[Array, Array, Array]) -> Array:
    """Correlation on val (n, k) of every length; 0 where there is none."""
    gram, covariance, variance = val
    reached = np.zeros(sets.shape[:2])
    for place in range(sets.shape[1]):
        neurons = np.flatnonzero(sets[:, place, 0] >= 0)
        chosen, found = sets[neurons, place, : place + 1], weights[neurons, place, : place + 1]
        explained = (found * covariance[neurons[:, None], chosen]).sum(axis=1)
        part = gram[chosen[:, :, None], chosen[:, None, :]].astype(np.float64)
        spread = np.einsum("ni,nij,nj->n", found, part, found)
        varies = (spread > 1e-14) & (variance[neurons] > 0)
        size = np.sqrt(np.maximum(spread, 0.0) * variance[neurons])
        reached[neurons, place] = np.divide(explained, size, out=np.zeros(len(neurons)), where=varies)
    return reached


def _possible(sets: Indices, weights: Array, positive: bool) -> NDArray[np.bool_]:
    """(n, k) the lengths of which there is a set, with positive weights if they have to be so."""
    possible = sets[:, :, 0] >= 0
    return possible & ((weights > 0) | (sets < 0)).all(axis=2) if positive else possible


def _keys(n_concepts: int) -> Indices:
    """(m,) a random number for each concept."""
    limits = np.iinfo(np.int64)
    return np.random.default_rng(0).integers(limits.min, limits.max, n_concepts)


def search(
    train: tuple[Array, Array],
    val: tuple[Array, Array, Array],
    max_concepts: int = 10,
    tolerance: float = 0.02,
    beam: int = 10,
    swaps: bool = True,
    ridge: float = 0.01,
    positive: bool = False,
    length: int | None = None,
    lengths: Indices | None = None,
    threads: int = 1,
) -> tuple[Indices, Array, Array]:
    """Explain every neuron by the best set of one length.

    Parameters
    ----------
    train, val
        As of `greedy_search`.
    max_concepts, tolerance
        The length is chosen on val, up to so many concepts, each of which costs so much correlation.
    beam, swaps, positive, threads
        Of `best_subsets`.
    ridge
        Added to the diagonal of the Gram matrix for the weights.
    length, lengths
        Of all neurons, or (n,) of each, instead of one that is chosen.

    Returns
    -------
    tuple[Indices, Array, Array]
        (n, k) concepts, weights in standardised units, and (n,) correlation on val, as of `greedy_search`.
    """
    n = len(train[1])
    if length is not None:
        lengths = np.full(n, length)
    longest = np.full(n, max_concepts) if lengths is None else lengths
    sets = best_subsets(train, longest, beam, swaps, positive, threads)
    gram, covariances = train
    weights = _weights(sets, np.broadcast_to(gram, (n, *gram.shape)), covariances, ridge)
    reached, possible = _correlations(sets, weights, val), _possible(sets, weights, positive)
    each = np.arange(1, sets.shape[1] + 1)
    if lengths is None:
        worth = np.where(possible & (reached > 0), reached - tolerance * each, -np.inf)
        place = (worth >= worth.max(axis=1, keepdims=True) - TIE).argmax(axis=1)
        found = np.isfinite(worth[np.arange(n), place])
    else:
        place = np.where(possible, each, 0).argmax(axis=1)
        found = possible.any(axis=1)
    rows = np.arange(n), place
    chosen = np.where(found[:, None], sets[rows], -1)
    return chosen, np.where(found[:, None], weights[rows], 0.0), np.where(found, reached[rows], 0.0)


def search_each(
    train: tuple[np.ndarray, np.ndarray],
    length: int,
    beam: int = 10,
    swaps: bool = True,
    ridge: float = 0.01,
    positive: bool = False,
) -> tuple[Indices, Array]:
    """The best set of a given length by each of several Gram matrices, such as those of resampled images.

    Parameters
    ----------
    train
        (n, m, m) Gram matrices and (n, m) covariances, standardised; a concept that does not vary has a covariance of 0
        with all but itself.
    length
        Of all sets, as far as there are such.
    beam, swaps, ridge, positive
        As of `search`.

    Returns
    -------
    tuple[Indices, Array]
        (n, length) concepts, -1 where there are fewer, and their weights in standardised units.
    """
    grams, covariances = map(np.ascontiguousarray, train)
    sets = np.full((len(grams), length, length), -1, np.int64)
    keys, condition = _keys(grams.shape[1]), MAX_CONDITION[grams.dtype]
    find_sets_of_each(grams, covariances, keys, beam, swaps, positive, condition, sets)
    weights = _weights(sets, grams, covariances, ridge)
    possible = _possible(sets, weights, positive)
    rows = np.arange(len(grams)), np.where(possible, np.arange(1, length + 1), 0).argmax(axis=1)
    found = possible.any(axis=1, keepdims=True)
    return np.where(found, sets[rows], -1), np.where(found, weights[rows], 0.0)
