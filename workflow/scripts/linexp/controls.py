"""Null controls: what a score is worth that explanations reach by chance.

A third one, an untrained copy of the target, is a target of its own; its scores are joined in the summary.
"""

from collections.abc import Sequence

import numpy as np

from .errors import LinexpError
from .explanations import Explanation
from .linear_explanations import Problem, explain
from .metrics.columns import constant

SHUFFLES = 1000


def shuffled_correlations(
    simulated: np.ndarray, activations: np.ndarray, seed: int, shuffles: int = SHUFFLES
) -> tuple[float, float]:
    """Mean correlation (Eq. 10) when each neuron is simulated by the explanation of another one.

    Undefined correlations count 0, as they do in the mean of the true pairs.

    Args:
        simulated, activations: (n, n_neurons), the same images and neurons.
        seed: of the shuffles; each is a random permutation that leaves no neuron in its place.

    Returns:
        The mean over all mismatched pairs, and the 95th percentile of the means of the shuffles; NaN for one neuron.
    """
    n, k = activations.shape
    if k < 2:
        return float("nan"), float("nan")
    correlations = _standardised(simulated).T @ _standardised(activations) / n
    mismatched = (correlations.sum() - np.trace(correlations)) / (k * (k - 1))
    rng, neurons = np.random.default_rng(seed), np.arange(k)
    means = [correlations[_derangement(rng, k), neurons].mean() for _ in range(shuffles)]
    return float(mismatched), float(np.quantile(means, 0.95))


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1, float64; those that are constant become 0."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    return centred / np.where(constant(values), np.inf, centred.std(axis=0))


def _derangement(rng: np.random.Generator, k: int) -> np.ndarray:
    """A permutation without fixed points, each equally likely; about e draws are needed."""
    while True:
        order = rng.permutation(k)
        if not np.any(order == np.arange(k)):
            return order


def random_concepts(
    problem: Problem, reference: Sequence[Explanation], seed: int, threads: int = 1
) -> list[Explanation]:
    """Explain every neuron by random concepts, as many as a reference has, with the weights of Eq. 7.

    The draw depends on the seed and the neuron alone. A drawn concept that makes the least squares singular adds
    nothing and is left out, as in the greedy search.

    Args:
        reference: explanations of at least the neurons of the problem.
        seed: ≥ 0.

    Raises:
        LinexpError: the reference leaves a neuron out.
    """
    lengths = {explanation.neuron: len(explanation.concepts) for explanation in reference}
    drawn = np.zeros((len(problem.neurons), len(problem.concepts)))
    for row, neuron in zip(drawn, problem.neurons.tolist(), strict=True):
        if neuron not in lengths:
            raise LinexpError(f"random_concepts: the reference does not explain neuron {neuron}; explain it again")
        size = min(lengths[neuron], len(row))
        row[np.random.default_rng([seed, neuron]).choice(len(row), size, replace=False)] = 1
    return explain(problem, {"top_k": max([1, *lengths.values()])}, drawn, threads)
