"""A null control: the correlation that explanations reach when they are shuffled among the neurons."""

import numpy as np

from ..variation import constant

SHUFFLES = 1000


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


def _derangement(rng: np.random.Generator, k: int) -> np.ndarray:
    """A permutation without fixed points, each equally likely; about e draws are needed."""
    while True:
        order = rng.permutation(k)
        if not np.any(order == np.arange(k)):
            return order
