"""The elastic net of Eq. 6 by coordinate descent on moments, for many neurons at once, with a certificate.

For P and q standardised, with G = PᵀP/n and c = Pᵀq/n, the objective that glm-saga minimises,

    ½ wᵀGw − cᵀw + λ(α‖w‖₁ + ½(1−α)‖w‖₂²)   (+ ½ var q),

needs P and q only through G and c. A neuron is solved on its active concepts alone; when their signs have settled
the solution is a linear system, which is solved exactly, so equal columns get equal weights. It is done when no
concept violates its optimality (KKT) condition by more than the tolerance.
"""

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import for_slices
from .compiled import fit_neurons

Array = NDArray[np.float64]

TOLERANCE = 1e-10


def elastic_net(
    gram: Array, targets: Array, lam: float, alpha: float, tolerance: float = TOLERANCE, threads: int = 1
) -> tuple[Array, Array]:
    """Minimise the elastic net for every neuron.

    Parameters
    ----------
    gram
        (m, m) moments G of the standardised concepts.
    targets
        (n_neurons, m) moments c of each standardised neuron with the concepts.
    lam
        λ of Eq. 6.
    alpha
        Its share of L1 (the paper's η).
    tolerance
        Largest violation of an optimality condition that counts as solved.
    threads
        To work on; the result is the same for any number.

    Returns
    -------
    tuple[Array, Array]
        (n_neurons, m) weights, and (n_neurons,) the largest violation left in each; above the tolerance where a neuron
        did not converge.
    """
    gram, targets = np.ascontiguousarray(gram), np.ascontiguousarray(targets)
    weights = np.zeros(targets.shape)
    violations = np.empty(len(targets))

    def fit(rows: slice) -> None:
        l1, l2 = lam * alpha, lam * (1 - alpha)
        fit_neurons(gram, targets[rows], l1, l2, tolerance, weights[rows], violations[rows])

    for_slices(fit, len(targets), threads)
    return weights, violations


def objective(weights: Array, gram: Array, targets: Array, lam: float, alpha: float) -> Array:
    """The objective at given weights for unit-variance neurons, (n_neurons,): what solvers are compared by."""
    quadratic = 0.5 * (np.einsum("nj,nj->n", weights @ gram, weights) + 1) - (weights * targets).sum(axis=1)
    penalty = alpha * np.abs(weights).sum(axis=1) + 0.5 * (1 - alpha) * (weights**2).sum(axis=1)
    return quadratic + lam * penalty
