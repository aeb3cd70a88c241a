"""Simulation (§4): predict a neuron's activations from its explanation and the images alone."""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.sparse import csr_array

from ..concepts.presence import probabilities

ROWS = 512
"""Images at a time: their P of some thousand concepts is small enough to be used again while it is in the cache."""


def simulate(
    image_blocks: Iterable[np.ndarray], concepts: np.ndarray, weights: np.ndarray, a: float, b: float
) -> Iterator[np.ndarray]:
    """s(x, E) = Σ wᵢ·P_sim(cᵢ|x), Eq. 9, with the simulator's P of Eq. 8.

    Parameters
    ----------
    image_blocks
        The simulator's unit-norm image embeddings in blocks of (rows, dim).
    concepts
        (m, dim) the simulator's unit-norm embeddings of the concepts.
    weights
        (m, n_neurons) of each concept in each explanation.

    Yields
    ------
    np.ndarray
        (at most `ROWS`, n_neurons) float32, summed in float64.
    """
    used = weights.any(axis=1)
    concepts, weights = concepts[used], csr_array(weights[used].T)
    for block in image_blocks:
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
    of_used = csr_array(weights[used].T)
    for begin in range(0, len(p), ROWS):
        yield _weighted(of_used, p[begin : begin + ROWS, used].T)


def _weighted(weights: csr_array, p: np.ndarray) -> np.ndarray:
    """The simulation, (n, n_neurons) float32, of P with the images in its columns."""
    return (weights @ p).T.astype(np.float32)
