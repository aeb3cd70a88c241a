"""The compiled loops of resampling: rows to standardised columns, sums of products to covariances."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def put_columns(rows, places, mean, inverse, columns):
    """Put each row, standardised, at its place in `columns`.

    Parameters
    ----------
    rows
        (k, m).
    places
        (k,) in the columns.
    mean, inverse
        (m,) to subtract, and to multiply by then.
    columns
        (m, ·) to be filled.
    """
    for i in range(len(places)):
        row, place = rows[i], places[i]
        for j in range(len(row)):
            columns[j, place] = (row[j] - mean[j]) * inverse[j]


@numba.njit(cache=True, nogil=True)
def covariances_of(totals, covariances):
    """Covariances of all columns but the first, which is the number 1; exactly symmetric, as the elastic net needs it.

    Parameters
    ----------
    totals
        (R, d, d) sums of products, of which those on and above the diagonal are read.
    covariances
        (R, d - 1, d - 1) to be filled.
    """
    size = covariances.shape[1]
    mean = np.empty(size)
    for row in range(len(totals)):
        total, covariance = totals[row], covariances[row]
        for i in range(size):
            mean[i] = total[0, i + 1] / total[0, 0]
        for i in range(size):
            for j in range(i, size):
                covariance[i, j] = total[i + 1, j + 1] / total[0, 0] - mean[i] * mean[j]
            for j in range(i):
                covariance[i, j] = covariance[j, i]
