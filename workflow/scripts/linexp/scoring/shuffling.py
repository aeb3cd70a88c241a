"""A null control: the correlation that explanations reach when they are shuffled among the neurons."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..variation import constant

SHUFFLES = 1000
COLUMNS_AT_ONCE = 256
VALUES_AT_ONCE = 1 << 26
"""Correlations of some neurons with all simulations that are in memory together: 512 MB."""


def crossed_together(n_neurons: int) -> int:
    """How many neurons `cross_correlations` is to be given at a time, of so many in all."""
    return max(1, VALUES_AT_ONCE // max(1, n_neurons))


def cross_correlations(
    simulated: Callable[[], Iterable[np.ndarray]], activations: Iterable[np.ndarray], n_neurons: int
) -> Iterator[NDArray[np.float64]]:
    """Correlations (Eq. 10) of all simulations with some neurons at a time.

    Parameters
    ----------
    simulated
        Gives those of the n_neurons in their order, in blocks (n, ·) of columns, as often as it is asked.
    activations
        In blocks (n, c) of columns, of the same images and neurons.

    Yields
    ------
    NDArray[np.float64]
        (n_neurons, c) for each block of activations: 0 where the simulation is constant, NaN where the neuron is.
    """
    for q in map(standardised, activations):
        found, begin = np.empty((n_neurons, q.shape[1])), 0
        for s in map(standardised, simulated()):
            np.matmul(s.T, q, out=found[begin : begin + s.shape[1]])
            begin += s.shape[1]
        found /= len(q)
        found[:, ~q.any(axis=0)] = np.nan
        yield found


def crossed(simulated: np.ndarray, activations: np.ndarray) -> Iterator[NDArray[np.float64]]:
    """`cross_correlations` of two (n, n_neurons) arrays."""
    n_neurons = simulated.shape[1]
    together = crossed_together(n_neurons)
    blocks = (activations[:, begin : begin + together] for begin in range(0, n_neurons, together))
    return cross_correlations(lambda: [simulated], blocks, n_neurons)


def shuffled_correlations(
    correlations: Iterable[np.ndarray], n_neurons: int, seed: int, shuffles: int = SHUFFLES
) -> tuple[float, float]:
    """Mean correlation (Eq. 10) when each neuron is simulated by the explanation of another one.

    Undefined correlations count 0, as they do in the mean of the true pairs.

    Parameters
    ----------
    correlations
        From `cross_correlations`.
    seed
        Of the shuffles; each is a random permutation that leaves no neuron in its place.

    Returns
    -------
    tuple[float, float]
        The mean over all mismatched pairs, and the 95th percentile of the means of the shuffles; NaN for one neuron.
    """
    if n_neurons < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    orders = np.array([_derangement(rng, n_neurons).astype(np.int32) for _ in range(shuffles)])
    sums, mismatched, begin = np.zeros(shuffles), 0.0, 0
    for block in correlations:
        neurons, block = np.arange(block.shape[1]), np.nan_to_num(block, nan=0.0, copy=False)
        mismatched += block.sum() - block[begin + neurons, neurons].sum()
        sums += block[orders[:, begin : begin + len(neurons)], neurons].sum(axis=1)
        begin += len(neurons)
    return float(mismatched / (n_neurons * (n_neurons - 1))), float(np.quantile(sums / n_neurons, 0.95))


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1, float64; those that are constant become 0."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    return centred / np.where(constant(values), np.inf, centred.std(axis=0))


def paired_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(m,) correlations of the columns of two (n, m) arrays; NaN where one of the two is constant."""
    found = np.full(first.shape[1], np.nan)
    for begin in range(0, len(found), COLUMNS_AT_ONCE):
        here = slice(begin, begin + COLUMNS_AT_ONCE)
        a, b = standardised(first[:, here]), standardised(second[:, here])
        found[here] = np.where(a.any(axis=0) & b.any(axis=0), (a * b).mean(axis=0), np.nan)
    return found


def _derangement(rng: np.random.Generator, k: int) -> np.ndarray:
    """A permutation without fixed points, each equally likely; about e draws are needed."""
    while True:
        order = rng.permutation(k)
        if not np.any(order == np.arange(k)):
            return order
