"""Greedy search (Algorithm 1) on moments: every candidate model is a closed expression.

The rules that Algorithm 1 leaves open:

- The first concept must have a positive validation correlation; it need not exceed the tolerance.
- Candidates come by signed elastic-net weight; weights within 1e-9 by covariance with the neuron on train (both
  standardised), covariances within 1e-9 by index; of copies of a concept rounding decides.
- Among candidates whose validation correlation is equal within 1e-9 the first wins.
- A candidate that makes the least squares singular is a bad concept: the Gram matrix of the standardised columns
  has a condition number above 1e10. Where that matrix is in single precision, as in the workflow, its errors leave at
  most 1e7 of a condition number that is infinite, so the limit is 1e5 (two columns that correlate by 0.99998).
"""

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import for_slices
from .compiled import select_concepts, select_in_each
from .elastic_net import TOLERANCE

Array = NDArray[np.float64]


MAX_CONDITION = {np.dtype(np.float64): 1e10, np.dtype(np.float32): 1e5}


def _run(train, val, weights, sizes, tolerance, threads):
    gram, covs, val_gram, val_covs, val_vars = map(np.ascontiguousarray, (*train, *val))
    weights, n = np.ascontiguousarray(weights), len(covs)
    chosen = np.full((n, sizes[0]), -1, np.int64)
    models, reached = np.zeros((n, sizes[0])), np.zeros(n)
    limits = float(tolerance), MAX_CONDITION[gram.dtype]

    def select(rows: slice) -> None:
        neurons = covs[rows], val_gram, val_covs[rows], val_vars[rows], weights[rows]
        select_concepts(gram, *neurons, sizes, limits, chosen[rows], models[rows], reached[rows])

    for_slices(select, n, threads)
    return chosen, models, reached


def greedy_search(
    train: tuple[Array, Array],
    val: tuple[Array, Array, Array],
    weights: Array,
    max_concepts: int = 10,
    width: int = 10,
    tolerance: float = 0.02,
    threads: int = 1,
) -> tuple[NDArray[np.int64], Array, Array]:
    """Algorithm 1 for every neuron.

    Parameters
    ----------
    train
        (m, m) Gram matrix of the standardised concepts, float64 or float32; (n, m) covariances with the standardised
        neurons.
    val
        The same on val, scaled as on train, and (n,) the variances of the neurons.
    weights
        (n, m) of the elastic net.
    max_concepts, width, tolerance
        V, r and ε of Algorithm 1.
    threads
        To work on; the result is the same for any number.

    Returns
    -------
    tuple[NDArray[np.int64], Array, Array]
        (n, max_concepts) concepts in the order of choice, -1 behind the last; (n, max_concepts) their least-squares
        weights in standardised units (Eq. 7), 0 behind the last; (n,) correlation on val, 0 without concepts.
    """
    return _run(train, val, weights, (max_concepts, width), tolerance, threads)


def top_concepts(
    train: tuple[Array, Array], val: tuple[Array, Array, Array], weights: Array, top_k: int, threads: int = 1
) -> tuple[NDArray[np.int64], Array, Array]:
    """No greedy search (B.4): the `top_k` highest weights of the elastic net, refitted by least squares.

    Takes and returns what `greedy_search` does.
    """
    return _run(train, val, weights, (top_k, 0), 0.0, threads)


def select_each(
    train: tuple[np.ndarray, np.ndarray],
    val: tuple[np.ndarray, np.ndarray, np.ndarray],
    lam: float,
    alpha: float,
    length: int,
    width: int = 0,
    tolerance: float = 0.0,
) -> tuple[NDArray[np.int64], Array]:
    """Elastic net and greedy search by each of several Gram matrices, such as those of resampled images.

    Parameters
    ----------
    train, val
        (n, m, m) Gram matrices and (n, m) covariances, and of val (n,) variances, as of `greedy_search`; a concept that
        does not vary has a covariance of 0 with all but itself.
    lam, alpha
        Of the elastic net.
    length
        Of all explanations, as far as there are concepts: where no candidate is good enough the best of a round is
        taken all the same.
    width, tolerance
        As of `greedy_search`; without a width the highest weights, as of `top_concepts`.

    Returns
    -------
    tuple[NDArray[np.int64], Array]
        (n, length) concepts, -1 where there are fewer, and their least-squares weights in standardised units.
    """
    grams, covs, val_grams, val_covs, val_vars = map(np.ascontiguousarray, (*train, *val))
    chosen, models = np.full((len(grams), length), -1, np.int64), np.zeros((len(grams), length))
    penalties, limits = (lam * alpha, lam * (1 - alpha)), (float(tolerance), MAX_CONDITION[grams.dtype])
    moments = grams, covs, val_grams, val_covs, val_vars
    select_in_each(*moments, penalties, (length, width), limits, TOLERANCE, chosen, models)
    return chosen, models
