"""Ridge regression of many neurons on all concepts at once, on moments; its strength is chosen on val."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from ..jobs.parallel import blas_on_one_thread, for_slices

STRENGTHS = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)
"""What is added to the diagonal, of which 1 is the variance of a concept. The least of them is well above what moments
in single precision are uncertain by, also where concepts are copies."""
NEURONS_AT_ONCE = 256


def ridge(
    train: tuple[np.ndarray, np.ndarray],
    val: tuple[np.ndarray, np.ndarray, np.ndarray],
    threads: int = 1,
) -> tuple[np.ndarray, NDArray[np.float64]]:
    """β = (G + strength·I)⁻¹·c on train, with the strength of highest correlation on val, neuron by neuron.

    A Cholesky factor a strength serves all neurons (Hoerl and Kennard, 1970).

    Parameters
    ----------
    train, val
        As of `greedy_search`; all of it in the precision of the Gram matrix of train.
    threads
        To work on.

    Returns
    -------
    tuple[np.ndarray, NDArray[np.float64]]
        (n, m) weights in standardised units, and the (n,) strengths; of equal ones the greatest.
    """
    gram, covariances = train
    val_gram, val_covariances, val_variances = val
    best, strengths = np.full(len(covariances), -np.inf), np.zeros(len(covariances))
    weights = np.zeros_like(covariances, dtype=gram.dtype)
    for strength in sorted(STRENGTHS, reverse=True):
        raised = gram.copy()
        raised[np.diag_indices_from(raised)] += gram.dtype.type(strength)
        try:
            with threadpool_limits(threads, "blas"):  # the transpose is as LAPACK wants it, and the same matrix
                factor = cho_factor(raised.T, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:  # by rounding alone
            continue

        def try_on(rows: slice, strength: float = strength, factor: tuple = factor) -> None:
            found = cho_solve(factor, covariances[rows].T, check_finite=False).T
            explained = np.einsum("ij,ij->i", found, val_covariances[rows], dtype=np.float64)
            spread = np.einsum("ij,ij->i", found @ val_gram, found, dtype=np.float64)
            size = np.sqrt(np.maximum(spread, 0.0) * val_variances[rows])
            reached = np.divide(explained, size, out=np.zeros_like(size), where=size > 0)
            better = np.flatnonzero(reached > best[rows])
            places = rows.start + better
            best[places], strengths[places], weights[places] = reached[better], strength, found[better]

        with blas_on_one_thread():
            for_slices(try_on, len(covariances), threads, NEURONS_AT_ONCE)
    return weights, strengths
