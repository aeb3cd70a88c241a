"""The compiled loop that makes columns of rows, standardised."""

import numba


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
