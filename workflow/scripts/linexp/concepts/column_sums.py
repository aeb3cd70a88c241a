"""Compiled loops that add up the columns of blocks of rows."""

import numba
import numpy as np

TOGETHER = 32
"""Rows of which a column is looked at again only if one of them is among its highest so far."""


@numba.njit(cache=True, nogil=True)
def column_sums(block, rows, shift, lowest, n_top):
    """Sums over some rows of a block, for the concept filter.

    Parameters
    ----------
    block
        (n, m).
    rows
        (k,) of it.
    shift
        (m,) subtracted first, but not from the highest values.
    lowest
        (m,) values below which none is among the highest.
    n_top
        How many of the highest.

    Returns
    -------
    total, squares, top : np.ndarray
        (m,) sums, (m,) sums of squares, and (n_top, m) the highest values, ascending, `lowest` where there are fewer.
    """
    total, squares = np.zeros(len(shift)), np.zeros(len(shift))
    top = np.empty((n_top, len(shift)))
    top[:] = lowest
    for first in range(0, len(rows), TOGETHER):
        some = rows[first : first + TOGETHER]
        highest = block[some[0]].copy()
        for i in some:
            row = block[i]
            for j in range(len(row)):
                value = row[j] - shift[j]
                total[j] += value
                squares[j] += value * value
                highest[j] = row[j] if row[j] > highest[j] else highest[j]
        for j in range(len(highest)):
            if highest[j] > top[0, j]:
                for i in some:
                    insert(block[i, j], top, j)
    return total, squares, top


@numba.njit(cache=True, nogil=True)
def insert(value, top, j):
    """Put a value among the highest of column `j` (ascending), and the lowest of them out, if it is one of them."""
    if value <= top[0, j]:
        return
    place = 0
    while place + 1 < len(top) and value > top[place + 1, j]:
        top[place, j] = top[place + 1, j]
        place += 1
    top[place, j] = value


@numba.njit(cache=True, nogil=True)
def gather(block, rows, shift, scale, gathered, total, begin, end):
    """Gather some rows of a block from column `begin` to before `end`, shifted and scaled, and add up the columns.

    The sums of these rows are of the type of the block.

    Parameters
    ----------
    block
        (n, m).
    rows
        (k,) of it.
    shift, scale
        (m,) of its type, to subtract and then to multiply by.
    gathered
        (k, m) to be filled.
    total
        (m,) float64, to be added to.
    """
    shift, scale = shift[begin:end], scale[begin:end]
    partial = np.zeros(len(shift), block.dtype)
    for place in range(len(rows)):
        row, scaled = block[rows[place], begin:end], gathered[place, begin:end]
        for j in range(len(row)):
            scaled[j] = (row[j] - shift[j]) * scale[j]
        for j in range(len(row)):  # a loop of its own, as the compiler makes better code of two small ones
            partial[j] += scaled[j]
    total[begin:end] += partial


@numba.njit(cache=True, nogil=True)
def add_squares(gathered, squares):
    """Add the squares of the columns of `gathered`, (n, m), to `squares`, (m,) float64."""
    for row in gathered:
        for j in range(len(row)):
            squares[j] += np.float64(row[j]) * row[j]


@numba.njit(cache=True, nogil=True)
def raise_largest(block, rows, largest):
    """Raise `largest`, (m,), to the largest absolute values in some rows of a block, (n, m)."""
    for i in rows:
        row = block[i]
        for j in range(len(row)):
            size = abs(row[j])
            largest[j] = size if size > largest[j] else largest[j]
