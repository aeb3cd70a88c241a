"""The sums that the concept filter needs, as a compiled loop."""

import numba


@numba.njit(cache=True, nogil=True)
def accumulate_columns(block, shift, total, squares, top):
    """Add the columns of a block to their running sums, in place.

    Args:
        block: (rows, m). shift: (m,) subtracted first.
        total, squares: (m,) sums, and sums of squares. top: (k, m) the highest values so far, ascending.
    """
    for i in range(len(block)):
        row = block[i]
        for j in range(len(row)):
            value = row[j] - shift[j]
            total[j] += value
            squares[j] += value * value
        for j in range(len(row)):
            if row[j] > top[0, j]:
                place = 0
                while place + 1 < len(top) and row[j] > top[place + 1, j]:
                    top[place, j] = top[place + 1, j]
                    place += 1
                top[place, j] = row[j]
