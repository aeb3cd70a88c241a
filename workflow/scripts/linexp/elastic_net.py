"""The elastic net of Eq. 6 by coordinate descent on moments, for many neurons at once, with a certificate.

For P and q standardised, with G = PᵀP/n and c = Pᵀq/n, the objective that glm-saga minimises,

    ½ wᵀGw − cᵀw + λ(α‖w‖₁ + ½(1−α)‖w‖₂²)   (+ ½ var q),

needs P and q only through G and c. A neuron is solved on its active concepts alone; when their signs have settled
the solution is a linear system, which is solved exactly, so equal columns get equal weights. It is done when no
concept violates its optimality (KKT) condition by more than the tolerance.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from .dense import factorise, solve, submatrix

Array = NDArray[np.float64]

TOLERANCE = 1e-10
MAX_ROUNDS = 500
MAX_SWEEPS = 1000


@numba.njit(cache=True)
def _violation(weight, gradient, l1, l2):
    """How far a weight is from its optimality condition; `gradient` is c − Gw."""
    residual = gradient - l2 * weight
    if weight == 0.0:
        return max(abs(residual) - l1, 0.0)
    return abs(residual - np.sign(weight) * l1)


@numba.njit(cache=True)
def _sweep_until_still(gram, weights, gradient, l1, l2, still):
    """Coordinate descent on a small problem, in place, until no weight moves by more than `still`."""
    for _ in range(MAX_SWEEPS):
        largest = 0.0
        for j in range(len(weights)):
            pull = gradient[j] + gram[j, j] * weights[j]
            new = np.sign(pull) * max(abs(pull) - l1, 0.0) / (gram[j, j] + l2)
            change = new - weights[j]
            if change != 0.0:
                weights[j] = new
                for i in range(len(weights)):
                    gradient[i] -= change * gram[j, i]
                largest = max(largest, abs(change))
        if largest <= still:
            return


@numba.njit(cache=True)
def _solve_for_signs(gram, weights, target, l1, l2):
    """Solve the optimality conditions exactly for the signs of `weights`, in place if the signs stay."""
    support = np.flatnonzero(weights)
    if len(support) == 0:
        return
    matrix = submatrix(gram, support)
    right = np.empty(len(support))
    for i in range(len(support)):
        matrix[i, i] += l2
        right[i] = target[support[i]] - l1 * np.sign(weights[support[i]])
    lower = np.empty_like(matrix)
    if factorise(matrix, lower) == 0.0:
        return
    solution = solve(lower, right)
    for i in range(len(support)):
        if solution[i] * weights[support[i]] <= 0.0:
            return
    for i in range(len(support)):
        weights[support[i]] = solution[i]


@numba.njit(cache=True)
def _fit_neuron(gram, target, l1, l2, tolerance, weights):
    """Fit one neuron in place; returns the largest violation of optimality that is left."""
    active = np.zeros(len(target), dtype=np.bool_)
    gradient = target.copy()
    worst = np.inf
    still = 1e-4
    for _ in range(MAX_ROUNDS):
        previous, worst = worst, 0.0
        for j in range(len(target)):
            worst = max(worst, _violation(weights[j], gradient[j], l1, l2))
        if worst <= tolerance:
            break
        for j in range(len(target)):
            if _violation(weights[j], gradient[j], l1, l2) > 0.5 * worst:
                active[j] = True
        if worst > 0.1 * previous:
            still = max(0.1 * still, 1e-16)
        chosen = np.flatnonzero(active)
        small_gram = submatrix(gram, chosen)
        small_weights, small_gradient = weights[chosen], gradient[chosen]
        _sweep_until_still(small_gram, small_weights, small_gradient, l1, l2, still)
        _solve_for_signs(small_gram, small_weights, target[chosen], l1, l2)
        weights[chosen] = small_weights
        gradient[:] = target
        for j in chosen:
            if weights[j] != 0.0:
                for i in range(len(target)):
                    gradient[i] -= weights[j] * gram[j, i]
    return worst


@numba.njit(cache=True, parallel=True)
def _fit_neurons(gram, targets, l1, l2, tolerance, weights, violations):
    for neuron in numba.prange(len(targets)):
        violations[neuron] = _fit_neuron(gram, targets[neuron], l1, l2, tolerance, weights[neuron])


def elastic_net(
    gram: Array, targets: Array, lam: float, alpha: float, tolerance: float = TOLERANCE
) -> tuple[Array, Array]:
    """Minimise the elastic net for every neuron.

    Args:
        gram: (m, m) moments G of the standardised concepts.
        targets: (n_neurons, m) moments c of each standardised neuron with the concepts.
        lam: λ of Eq. 6. alpha: its share of L1 (the paper's η).
        tolerance: largest violation of an optimality condition that counts as solved.

    Returns:
        (n_neurons, m) weights, and (n_neurons,) the largest violation left in each; above the tolerance where a
        neuron did not converge.
    """
    gram, targets = np.ascontiguousarray(gram), np.ascontiguousarray(targets)
    weights = np.zeros_like(targets)
    violations = np.empty(len(targets))
    _fit_neurons(gram, targets, lam * alpha, lam * (1 - alpha), tolerance, weights, violations)
    return weights, violations


def objective(weights: Array, gram: Array, targets: Array, lam: float, alpha: float) -> Array:
    """The objective at given weights for unit-variance neurons, (n_neurons,): what solvers are compared by."""
    quadratic = 0.5 * (np.einsum("nj,nj->n", weights @ gram, weights) + 1) - (weights * targets).sum(axis=1)
    penalty = alpha * np.abs(weights).sum(axis=1) + 0.5 * (1 - alpha) * (weights**2).sum(axis=1)
    return quadratic + lam * penalty
