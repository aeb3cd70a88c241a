"""Simulation (§4): predict a neuron's activations from its explanation and the images alone."""

from collections.abc import Iterable, Iterator

import numpy as np

from .presence import probabilities


def simulate(
    image_blocks: Iterable[np.ndarray], concepts: np.ndarray, weights: np.ndarray, a: float, b: float
) -> Iterator[np.ndarray]:
    """s(x, E) = Σ wᵢ·P_sim(cᵢ|x), Eq. 9, with the simulator's P of Eq. 8.

    Args:
        image_blocks: the simulator's unit-norm image embeddings in blocks of (rows, dim).
        concepts: (m, dim) the simulator's unit-norm embeddings of the concepts.
        weights: (m, n_neurons) of each concept in each explanation.

    Yields:
        (rows, n_neurons) float32.
    """
    used = weights.any(axis=1)
    concepts, weights = concepts[used], weights[used]
    for block in image_blocks:
        yield (probabilities(block, concepts, a, b) @ weights).astype(np.float32)
