"""LE (§3.2): elastic net, then greedy search or the top concepts; or a search among all, which needs no elastic net.

All of it works on moments of P and of the activations.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..concepts.moments import CrossMoments, Moments
from ..explanations import CONSTANT, NOT_CONVERGED, OK, UNEXPLAINED, Explanation, by_weight
from ..jobs.parallel import for_slices
from ..variation import never_varies
from .elastic_net import TOLERANCE, elastic_net
from .greedy import greedy_search, top_concepts
from .subsets import search

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Everything that fitting a layer needs.

    Attributes
    ----------
    concepts
        The m names.
    neurons
        (n,) numbers of the neurons.
    train, val
        Moments of P.
    train_q, val_q
        Of the n neurons and with them.
    p_std, q_std
        (m,), (n,) scales to standardise by: those of train, or of all images (`paper_parity`).
    """

    concepts: Sequence[str]
    neurons: NDArray[np.int32]
    train: Moments
    val: Moments
    train_q: CrossMoments
    val_q: CrossMoments
    p_std: Array
    q_std: Array

    def constant(self) -> NDArray[np.bool_]:
        """(n,) the neurons that do not vary on train or on val."""
        smallest = np.sqrt(np.minimum(self.train_q.variance, self.val_q.variance))
        return never_varies(smallest, np.maximum(self.train_q.largest, 1e-30))


def standardised_moments(
    problem: Problem, varies: NDArray[np.bool_], threads: int
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Moments in standardised units, of the neurons that vary; Gram matrices in the precision of the moments."""
    p, q = problem.p_std, problem.q_std[varies]

    def gram(covariance: np.ndarray) -> np.ndarray:
        scaled, scale = np.empty_like(covariance), (1 / p).astype(covariance.dtype)

        def fill(rows: slice) -> None:
            np.multiply.outer(scale[rows], scale, out=scaled[rows])  # so that rounding leaves it symmetric
            scaled[rows] *= covariance[rows]

        for_slices(fill, len(scaled), threads)
        return scaled

    def with_neurons(moments: CrossMoments) -> np.ndarray:
        scaled = moments.covariance[varies]

        def fill(rows: slice) -> None:
            scaled[rows] /= p
            scaled[rows] /= q[rows, None]

        for_slices(fill, len(scaled), threads)
        return scaled

    train = gram(problem.train.covariance), with_neurons(problem.train_q)
    val = gram(problem.val.covariance), with_neurons(problem.val_q), problem.val_q.variance[varies] / q**2
    return train, val


def _elastic_net(
    train: tuple[np.ndarray, np.ndarray], settings: Mapping[str, Any], threads: int
) -> tuple[Array, NDArray[np.bool_]]:
    """Weights of the elastic net in standardised units, and which neurons have converged."""
    weights, violations = elastic_net(*train, settings["lambda"], settings["alpha"], threads=threads)
    converged = violations <= TOLERANCE
    print(
        f"elastic net: {len(violations):,} neurons, {(~converged).sum():,} of them not converged; optimality is "
        f"violated by at most {violations.max(initial=0.0):.1e} ({TOLERANCE:.0e} is allowed)",
        file=sys.stderr,
    )
    return weights, converged


def explain(
    problem: Problem,
    settings: Mapping[str, Any],
    elastic_net_weights: Array | None = None,
    threads: int = 1,
    lengths: Sequence[int] | None = None,
) -> list[Explanation]:
    """Explain every neuron of a problem.

    Parameters
    ----------
    settings
        Of the method: `search`, or `lambda`, `alpha`, and `greedy` or `top_k`.
    elastic_net_weights
        (n, m) in standardised units from another solver; None to solve exactly here.
    threads
        To work on.
    lengths
        (n,) of the explanations, where another method gives them (`search`).
    """
    varies = ~problem.constant()
    train, val = standardised_moments(problem, varies, threads)
    converged = np.ones(len(train[1]), bool)
    if "search" in settings:
        of_varying = None if lengths is None else np.asarray(lengths)[varies]
        chosen, models, reached = search(train, val, **settings["search"], lengths=of_varying, threads=threads)
    else:
        if elastic_net_weights is None:
            weights, converged = _elastic_net(train, settings, threads)
        else:
            weights = np.ascontiguousarray(elastic_net_weights[varies], dtype=np.float64)
        if settings.get("top_k"):
            chosen, models, reached = top_concepts(train, val, weights, settings["top_k"], threads)
        else:
            chosen, models, reached = greedy_search(train, val, weights, **settings["greedy"], threads=threads)
    explanations = [
        Explanation(int(neuron), bias=float(mean), status=CONSTANT)
        for neuron, mean in zip(problem.neurons, problem.train_q.mean, strict=True)
    ]
    for number, place in enumerate(np.flatnonzero(varies)):
        found = chosen[number][chosen[number] >= 0]
        neuron, mean = int(problem.neurons[place]), problem.train_q.mean[place]
        if not len(found):
            explanations[place] = Explanation(neuron, bias=float(mean), status=UNEXPLAINED)
            continue
        w = models[number, : len(found)] * problem.q_std[place] / problem.p_std[found]
        bias = mean - w @ problem.train.mean[found]
        names = [problem.concepts[j] for j in found]
        status = OK if converged[number] else NOT_CONVERGED
        explanations[place] = by_weight(neuron, names, w, bias, reached[number], status)
    return explanations


def best_concept(problem: Problem) -> list[Explanation]:
    """A plain baseline: the single concept with the highest correlation on val, with weight 1."""
    varies = ~problem.constant()
    _, (val_gram, val_cov, val_var) = standardised_moments(problem, varies, threads=1)
    spread = np.sqrt(np.maximum(np.diag(val_gram), 0.0))
    size = np.sqrt(val_var)[:, None] * spread
    correlation = np.divide(val_cov, size, out=np.zeros_like(val_cov), where=size > 1e-9)
    explanations = [Explanation(int(neuron), status=CONSTANT) for neuron in problem.neurons]
    for number, place in enumerate(np.flatnonzero(varies)):
        neuron, best = int(problem.neurons[place]), int(correlation[number].argmax())
        reached = correlation[number, best]
        if reached > 0:
            explanations[place] = Explanation(neuron, [problem.concepts[best]], [1.0], 0.0, float(reached))
        else:
            explanations[place] = Explanation(neuron, status=UNEXPLAINED)
    return explanations
