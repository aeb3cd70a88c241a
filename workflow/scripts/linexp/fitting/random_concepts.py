"""A null control: random concepts with fitted weights."""

from collections.abc import Sequence

import numpy as np

from ..explanations import Explanation
from .lengths import lengths_of
from .linear import Problem, explain


def random_concepts(
    problem: Problem, reference: Sequence[Explanation], seed: int, threads: int = 1
) -> list[Explanation]:
    """Explain every neuron by random concepts, as many as a reference has, with the weights of Eq. 7.

    The draw depends on the seed and the neuron alone. A drawn concept that makes the least squares singular adds
    nothing and is left out, as in the greedy search.

    Parameters
    ----------
    reference
        Explanations of at least the neurons of the problem.
    seed
        ≥ 0.

    Raises
    ------
    LinexpError
        The reference leaves a neuron out.
    """
    neurons = problem.neurons.tolist()
    lengths = lengths_of(reference, neurons)
    drawn = np.zeros((len(neurons), len(problem.concepts)))
    for row, neuron, length in zip(drawn, neurons, lengths, strict=True):
        size = min(length, len(row))
        row[np.random.default_rng([seed, neuron]).choice(len(row), size, replace=False)] = 1
    return explain(problem, {"top_k": max([1, *lengths])}, drawn, threads)
