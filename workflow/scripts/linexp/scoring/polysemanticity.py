"""Over how many meanings an explanation is spread, by the texts of its concepts."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..explanations import Explanation
from ..jobs.parallel import batched
from ..variation import constant

Array = NDArray[np.float64]

SETS_AT_ONCE = 256
NEURONS_AT_ONCE = 1024
TIE = 1e-6
"""Values that differ by less are equal: cosines of random sets are held in single precision."""


def centred(embeddings: np.ndarray) -> Array:
    """Embeddings (m, dim) without what all of them share: their mean is taken off, and their norm is 1 again.

    One that is the mean becomes 0.
    """
    vectors = embeddings - embeddings.mean(axis=0, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 1e-6)


def spreads(p: np.ndarray) -> Array:
    """(m,) standard deviations of the columns of P, (n, m); 0 where one is constant."""
    return np.where(constant(p), 0.0, [column.std(dtype=np.float64) for column in p.T])


def positive_cosines(vectors: Array, sets: NDArray[np.int64]) -> NDArray[np.float32]:
    """cos⁺ of every two members of each set, (n_sets, K, K): the cosine where it is above 0, and 1 of a member itself.

    Parameters
    ----------
    vectors
        (m, dim), as `centred` gives them.
    sets
        (n_sets, K) rows of these.
    """
    found = np.empty((*sets.shape, sets.shape[1]), np.float32)
    for begin in range(0, len(sets), SETS_AT_ONCE):
        members = vectors[sets[begin : begin + SETS_AT_ONCE]]
        found[begin : begin + SETS_AT_ONCE] = np.maximum(members @ members.transpose(0, 2, 1), 0)
    found[:, range(sets.shape[1]), range(sets.shape[1])] = 1
    return found


def parts(explanation: Explanation, place: Mapping[str, int], spread: np.ndarray) -> tuple[NDArray[np.int64], Array]:
    """Which concepts add to an activation, (k,) rows, and which share ω ∝ w·σ(P) each has of that, (k,) summing to 1.

    Parameters
    ----------
    place
        The row of each concept.
    spread
        (m,) σ(P) of the rows.
    """
    strengths: dict[int, float] = {}
    for concept, weight in zip(explanation.concepts, explanation.weights, strict=True):
        strengths[place[concept]] = strengths.get(place[concept], 0.0) + weight * float(spread[place[concept]])
    positive = {row: strength for row, strength in strengths.items() if strength > 0}
    shares = np.array(list(positive.values()))
    return np.array(list(positive), np.int64), shares / shares.sum()


def polysemanticity(
    explanations: Sequence[Explanation],
    place: Mapping[str, int],
    spread: np.ndarray,
    vectors: Array,
    sets: NDArray[np.int64],
) -> dict[str, Array]:
    """1 − Σᵢⱼ ωᵢωⱼ cos⁺(tᵢ, tⱼ) of each explanation: 0 for one meaning, towards 1 for many that are unlike each other.

    ω are the shares of the concepts with positive weights (`parts`), t the embeddings of their texts; cos⁺ is 0 where a
    cosine is negative. It is the expected unlikeness of two concepts that are drawn by their shares: the quadratic
    entropy of Rao (1982).

    Parameters
    ----------
    explanations
        One a neuron.
    place, spread
        As for `parts`.
    vectors
        (m, dim) of the concepts, see `centred`.
    sets
        (n_sets, K) rows of random concepts, at least as many as an explanation has; the first k of a row are a random
        set of k.

    Returns
    -------
    dict[str, Array]
        `polysemanticity`, (n,), NaN without a concept that adds, and `polysemanticity_percentile`, from 0 to 100: how
        many of the random sets, with the same shares, have a lower one, ties counting half; NaN for fewer than two
        concepts.
    """
    of_each = [parts(explanation, place, spread) for explanation in explanations]
    lengths = np.array([len(rows) for rows, _ in of_each], np.int64)
    values, percentiles = np.full((2, len(of_each)), np.nan)
    cosines = positive_cosines(vectors, sets[:, : lengths.max(initial=0)])
    for length in np.unique(lengths[lengths > 0]).tolist():
        pairs_of_sets = cosines[:, :length, :length].reshape(len(sets), -1).T
        for neurons in batched(np.flatnonzero(lengths == length).tolist(), NEURONS_AT_ONCE):
            shares = np.array([of_each[neuron][1] for neuron in neurons])
            own = positive_cosines(vectors, np.array([of_each[neuron][0] for neuron in neurons]))
            values[neurons] = 1 - np.einsum("ni,nij,nj->n", shares, own, shares)
            if length > 1:
                pairs = (shares[:, :, None] * shares[:, None, :]).reshape(len(neurons), -1)
                drawn = 1 - pairs @ pairs_of_sets
                lower, level = drawn < values[neurons, None] - TIE, np.abs(drawn - values[neurons, None]) <= TIE
                percentiles[neurons] = 100 * (lower.mean(axis=1) + level.mean(axis=1) / 2)
    return {"polysemanticity": np.maximum(values, 0), "polysemanticity_percentile": percentiles}
