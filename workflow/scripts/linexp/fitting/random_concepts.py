"""A null control: random concepts with fitted weights."""

from collections.abc import Sequence

import numpy as np

from ..errors import LinexpError
from ..explanations import Explanation
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
    lengths = {explanation.neuron: len(explanation.concepts) for explanation in reference}
    drawn = np.zeros((len(problem.neurons), len(problem.concepts)))
    for row, neuron in zip(drawn, problem.neurons.tolist(), strict=True):
        if neuron not in lengths:
            raise LinexpError(f"random_concepts: the reference does not explain neuron {neuron}; explain it again")
        size = min(lengths[neuron], len(row))
        row[np.random.default_rng([seed, neuron]).choice(len(row), size, replace=False)] = 1
    return explain(problem, {"top_k": max([1, *lengths.values()])}, drawn, threads)
