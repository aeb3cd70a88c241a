"""A null control: the correlation that explanations reach when they are shuffled among the neurons."""

import numpy as np

from ..variation import constant

SHUFFLES = 1000
COLUMNS_AT_ONCE = 256


def shuffled_correlations(
    simulated: np.ndarray, activations: np.ndarray, seed: int, shuffles: int = SHUFFLES
) -> tuple[float, float]:
    """Mean correlation (Eq. 10) when each neuron is simulated by the explanation of another one.

    Undefined correlations count 0, as they do in the mean of the true pairs.

    Parameters
    ----------
    simulated, activations
        (n, n_neurons), the same images and neurons.
    seed
        Of the shuffles; each is a random permutation that leaves no neuron in its place.

    Returns
    -------
    tuple[float, float]
        The mean over all mismatched pairs, and the 95th percentile of the means of the shuffles; NaN for one neuron.
    """
    n, k = activations.shape
    if k < 2:
        return float("nan"), float("nan")
    correlations = standardised(simulated).T @ standardised(activations) / n
    mismatched = (correlations.sum() - np.trace(correlations)) / (k * (k - 1))
    rng, neurons = np.random.default_rng(seed), np.arange(k)
    means = [correlations[_derangement(rng, k), neurons].mean() for _ in range(shuffles)]
    return float(mismatched), float(np.quantile(means, 0.95))


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
