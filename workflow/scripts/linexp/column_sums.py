"""Compiled loops that add up the columns of blocks of rows."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def column_sums(block, rows, shift, n_top):
    """Sums over some rows of a block, for the concept filter.

    Args:
        block: (n, m). rows: (k,) of it. shift: (m,) subtracted first, but not from the highest values.

    Returns:
        (m,) sums, (m,) sums of squares, and (n_top, m) the highest values, ascending, -inf where there are fewer rows.
    """
    total, squares = np.zeros(len(shift)), np.zeros(len(shift))
    top = np.full((n_top, len(shift)), -np.inf)
    for i in rows:
        row = block[i]
        for j in range(len(row)):
            value = row[j] - shift[j]
            total[j] += value
            squares[j] += value * value
        for j in range(len(row)):
            if row[j] > top[0, j]:
                place = 0
                while place + 1 < n_top and row[j] > top[place + 1, j]:
                    top[place, j] = top[place + 1, j]
                    place += 1
                top[place, j] = row[j]
    return total, squares, top


@numba.njit(cache=True, nogil=True)
def gather(block, rows, shift, scale, gathered, total):
    """Gather some rows of a block, shifted and scaled, and add up their columns.

    Args:
        block: (n, m). rows: (k,) of it. shift, scale: (m,) of its type, to subtract and then to divide by.
        gathered: (k, m) to be filled. total: (m,) float64, to be added to.
    """
    for place in range(len(rows)):
        row, scaled = block[rows[place]], gathered[place]
        for j in range(len(row)):
            scaled[j] = (row[j] - shift[j]) / scale[j]
            total[j] += scaled[j]
