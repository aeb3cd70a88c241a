"""Correlations of the neurons of a layer with the simulations of all, read in blocks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..networks.recorded import neuron_blocks, numbers_in, read_block, read_simulated
from ..scoring.shuffling import cross_correlations, crossed_together


def correlations(
    activations: Path, neurons: Sequence[int] | None, simulation: Path, rows: np.ndarray
) -> Iterator[NDArray[np.float64]]:
    """`cross_correlations` of artifacts.

    Parameters
    ----------
    neurons
        The numbers of those that are explained; None for all.
    rows
        Ascending, of the images that are looked at.
    """
    n_neurons = len(numbers_in(activations, neurons))

    def simulated() -> Iterator[np.ndarray]:
        return (read_simulated(simulation, block.places, rows) for block in neuron_blocks(activations, neurons))

    crossed = neuron_blocks(activations, neurons, crossed_together(n_neurons))
    read = (read_block(activations, block.numbers, rows) for block in crossed)
    return cross_correlations(simulated, read, n_neurons)
