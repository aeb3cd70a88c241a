"""How sure a mean over neurons is: its standard error and a percentile bootstrap interval."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 9999
LEVEL = 0.95
_COUNTS_PER_BLOCK = 2**21


class Means(NamedTuple):
    """Means of m columns, each (m,): `se` the standard error, `low` and `high` the ends of the 95 % interval."""

    mean: Array
    se: Array
    low: Array
    high: Array


def bootstrap_means(values: np.ndarray, seed: int, resamples: int = RESAMPLES) -> Array:
    """Means of rows drawn with replacement; the same rows are drawn for all columns.

    Parameters
    ----------
    values
        (n, m), n ≥ 1.
    seed
        Of the draws.

    Returns
    -------
    Array
        (resamples, m).
    """
    n, rng = len(values), np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, _COUNTS_PER_BLOCK // n)
    for begin in range(0, resamples, step):
        block = means[begin : begin + step]
        drawn = rng.integers(0, n, size=(len(block), n)) + n * np.arange(len(block))[:, None]
        counts = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        block[:] = counts @ values / n
    return means


def mean_intervals(values: np.ndarray, seed: int) -> Means:
    """Mean, standard error s/√n and 95 % percentile bootstrap interval of each column.

    The error and the interval of fewer than two values, or of equal ones, are NaN; so is all of a column with a NaN.

    Parameters
    ----------
    values
        (n, m).
    seed
        Of the bootstrap.
    """
    n, m = values.shape
    nothing = np.full(m, np.nan)
    if n == 0:
        return Means(nothing, nothing, nothing, nothing)
    mean = values.mean(axis=0, dtype=np.float64)
    if n == 1:
        return Means(mean, nothing, nothing, nothing)
    varies = np.ptp(values, axis=0) > 0
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(bootstrap_means(values, seed), (tail, 1 - tail), axis=0)
    spread = [values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(n), low, high]
    return Means(mean, *np.where(varies, spread, np.nan))
