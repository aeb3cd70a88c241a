"""Greedy search (Algorithm 1) on moments: every candidate model is a closed expression.

The rules that Algorithm 1 leaves open:

- The first concept must have a positive validation correlation; it need not exceed the tolerance.
- Candidates come by signed elastic-net weight; weights within 1e-9 by covariance with the neuron on train (both
  standardised), covariances within 1e-9 by index.
- Among candidates whose validation correlation is equal within 1e-9 the first wins.
- A candidate that makes the least squares singular is a bad concept: the Gram matrix of the standardised columns
  has a condition number above 1e10.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from .dense import factorise, solve, submatrix

Array = NDArray[np.float64]

TIE = 1e-9
MAX_CONDITION = 1e10


@numba.njit(cache=True)
def _next_candidate(weights, covariance, taken):
    """The index of the next concept in the order of candidates, or -1."""
    highest = -np.inf
    for j in range(len(weights)):
        if not taken[j]:
            highest = max(highest, weights[j])
    best, closest = -1, -np.inf
    for j in range(len(weights)):
        if not taken[j] and weights[j] >= highest - TIE and covariance[j] > closest + TIE:
            best, closest = j, covariance[j]
    return best


@numba.njit(cache=True)
def _least_squares(gram, covariance, chosen):
    """Weights that minimise the squared error on train with the chosen concepts (Eq. 7); empty if singular."""
    part = submatrix(gram, chosen)
    lower = np.empty_like(part)
    determinant = factorise(part, lower)
    size = len(chosen)
    # λ_max ≤ size and λ_min ≥ det·((size−1)/size)^(size−1): only small determinants need the eigenvalues
    if determinant * MAX_CONDITION < 3.0 * size:
        eigenvalues = np.linalg.eigvalsh(part)
        if eigenvalues[0] * MAX_CONDITION < eigenvalues[-1]:
            return np.empty(0)
    return solve(lower, covariance[chosen])


@numba.njit(cache=True)
def _correlation(weights, chosen, gram, covariance, variance):
    """Correlation of the model's prediction with the neuron on val; 0 where the prediction is constant."""
    explained, spread = 0.0, 0.0
    for i in range(len(chosen)):
        explained += weights[i] * covariance[chosen[i]]
        for j in range(len(chosen)):
            spread += weights[i] * weights[j] * gram[chosen[i], chosen[j]]
    if spread <= 1e-14 or variance <= 0.0:
        return 0.0
    return explained / np.sqrt(spread * variance)


@numba.njit(cache=True)
def _search_neuron(gram, cov, val_gram, val_cov, val_var, weights, max_concepts, width, tolerance):
    """Algorithm 1 for one neuron: the chosen concepts in the order of choice, their correlation on val."""
    size = len(weights)
    order = np.empty(size, np.int64)
    taken = np.zeros(size, np.bool_)
    ordered = 0
    gone = np.zeros(size, np.bool_)  # selected or bad
    chosen = np.empty(0, np.int64)
    reached = 0.0
    while len(chosen) < max_concepts:
        needed = reached + tolerance if len(chosen) else 0.0
        best, best_correlation = -1, reached
        tried, position = 0, 0
        while tried < width:
            if position == ordered:
                candidate = _next_candidate(weights, cov, taken)
                if candidate < 0:
                    break
                order[ordered] = candidate
                taken[candidate] = True
                ordered += 1
            candidate = order[position]
            position += 1
            if gone[candidate]:
                continue
            tried += 1
            extended = np.append(chosen, candidate)
            model = _least_squares(gram, cov, extended)
            correlation = -1.0
            if len(model):
                correlation = _correlation(model, extended, val_gram, val_cov, val_var)
            if correlation < needed or correlation <= 0.0:
                gone[candidate] = True
            elif best < 0 or correlation > best_correlation + TIE:
                best, best_correlation = candidate, correlation
        if best < 0:
            break
        chosen = np.append(chosen, best)
        gone[best] = True
        reached = best_correlation
    return chosen, reached


@numba.njit(cache=True)
def _top_neuron(gram, cov, val_gram, val_cov, val_var, weights, top_k):
    """The first `top_k` concepts in the order of candidates that have a weight and are not singular."""
    taken = weights == 0.0
    chosen = np.empty(0, np.int64)
    while len(chosen) < top_k:
        candidate = _next_candidate(weights, cov, taken)
        if candidate < 0:
            break
        taken[candidate] = True
        extended = np.append(chosen, candidate)
        if len(_least_squares(gram, cov, extended)):
            chosen = extended
    if len(chosen) == 0:
        return chosen, 0.0
    model = _least_squares(gram, cov, chosen)
    return chosen, _correlation(model, chosen, val_gram, val_cov, val_var)


@numba.njit(cache=True, parallel=True)
def _select(gram, covs, val_gram, val_covs, val_vars, weights, limits, tolerance, chosen, models, reached):
    max_concepts, width = limits
    for neuron in numba.prange(len(covs)):
        cov, val_cov, val_var = covs[neuron], val_covs[neuron], val_vars[neuron]
        if width:
            found, correlation = _search_neuron(
                gram, cov, val_gram, val_cov, val_var, weights[neuron], max_concepts, width, tolerance
            )
        else:
            found, correlation = _top_neuron(gram, cov, val_gram, val_cov, val_var, weights[neuron], max_concepts)
        chosen[neuron, : len(found)] = found
        reached[neuron] = correlation
        if len(found):
            models[neuron, : len(found)] = _least_squares(gram, cov, found)


def _run(train, val, weights, limits, tolerance):
    (gram, covs), (val_gram, val_covs, val_vars) = train, val
    n = len(covs)
    chosen = np.full((n, limits[0]), -1, np.int64)
    models, reached = np.zeros((n, limits[0])), np.zeros(n)
    _select(gram, covs, val_gram, val_covs, val_vars, weights, limits, tolerance, chosen, models, reached)
    return chosen, models, reached


def greedy_search(
    train: tuple[Array, Array],
    val: tuple[Array, Array, Array],
    weights: Array,
    max_concepts: int = 10,
    width: int = 10,
    tolerance: float = 0.02,
) -> tuple[NDArray[np.int64], Array, Array]:
    """Algorithm 1 for every neuron.

    Args:
        train: (m, m) Gram matrix of the standardised concepts, (n, m) covariances with the standardised neurons.
        val: the same on val, scaled as on train, and (n,) the variances of the neurons.
        weights: (n, m) of the elastic net.
        max_concepts, width, tolerance: v, r and ε of Algorithm 1.

    Returns:
        (n, max_concepts) concepts in the order of choice, -1 behind the last; (n, max_concepts) their least-squares
        weights in standardised units (Eq. 7), 0 behind the last; (n,) correlation on val, 0 without concepts.
    """
    return _run(train, val, weights, (max_concepts, width), tolerance)


def top_concepts(
    train: tuple[Array, Array], val: tuple[Array, Array, Array], weights: Array, top_k: int
) -> tuple[NDArray[np.int64], Array, Array]:
    """No greedy search (B.4): the `top_k` highest weights of the elastic net, refitted by least squares.

    Takes and returns what `greedy_search` does.
    """
    return _run(train, val, weights, (top_k, 0), 0.0)
