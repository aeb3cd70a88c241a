"""Simulation (§4): predict a neuron's activations from its explanation and the images alone."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from ..concepts.presence import probabilities
from ..explanations import Explanation

ROWS = 512
"""Images at a time: their P of some thousand concepts is small enough to be used again while it is in the cache."""


def sparse_weights(explanations: Sequence[Explanation], concepts: Sequence[str]) -> csr_array:
    """`explanations.weight_matrix` of many neurons, which takes memory for the weights alone."""
    row = {concept: number for number, concept in enumerate(concepts)}
    entries = [
        (weight, row[concept], column)
        for column, explanation in enumerate(explanations)
        for concept, weight in zip(explanation.concepts, explanation.weights, strict=True)
    ]
    weights, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
    places = np.array(rows, np.intp), np.array(columns, np.intp)
    found = csr_array((np.array(weights, np.float64), places), (len(concepts), len(explanations)))
    found.eliminate_zeros()
    return found


def simulate(
    image_blocks: Iterable[np.ndarray], concepts: np.ndarray, weights: np.ndarray | csr_array, a: float, b: float
) -> Iterator[np.ndarray]:
    """s(x, E) = Σ wᵢ·P_sim(cᵢ|x), Eq. 9, with the simulator's P of Eq. 8.

    Parameters
    ----------
    image_blocks
        The simulator's unit-norm image embeddings in blocks of (rows, dim), maybe in half precision.
    concepts
        (m, dim) the simulator's unit-norm embeddings of the concepts.
    weights
        (m, n_neurons) of each concept in each explanation.

    Yields
    ------
    np.ndarray
        (at most `ROWS`, n_neurons) float32, summed in float64.
    """
    weights = csr_array(weights)
    used = np.diff(weights.indptr) > 0
    concepts, weights = concepts[used], csr_array(weights[used].T)
    weights.sort_indices()  # so that sums have one order
    for block in image_blocks:
        block = block.astype(concepts.dtype, copy=False)
        for begin in range(0, len(block), ROWS):
            # P has the images in its columns, because a sparse matrix multiplies fast from the left only
            p = probabilities(concepts, block[begin : begin + ROWS], a, b)
            yield _weighted(weights, p)


def simulate_presence(p: np.ndarray, weights: np.ndarray) -> Iterator[np.ndarray]:
    """`simulate` where P is there already.

    Parameters
    ----------
    p
        (n_images, m) float32, the simulator's.
    weights
        (m, n_neurons).
    """
    used = weights.any(axis=1)
    return simulate_blocks((p[begin : begin + ROWS, used] for begin in range(0, len(p), ROWS)), weights[used])


def simulate_blocks(blocks: Iterable[np.ndarray], weights: np.ndarray | csr_array) -> Iterator[np.ndarray]:
    """The same where P comes in blocks of rows.

    Parameters
    ----------
    blocks
        (rows, m) each.
    weights
        (m, n_neurons).
    """
    transposed = csr_array(csr_array(weights).T)
    for block in blocks:
        yield _weighted(transposed, block.T)


def _weighted(weights: csr_array, p: np.ndarray) -> np.ndarray:
    """The simulation, (n, n_neurons) float32, of P with the images in its columns."""
    return (weights @ p).T.astype(np.float32)
