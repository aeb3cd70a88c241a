"""The compiled loop that says what is chosen in whose place."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def match(chosen, own, nearness, takes):
    """Say of each concept of an explanation what is chosen in its place in each of several choices.

    A concept that is chosen takes its own place. Of the others the two that are nearest to each other are matched
    first; ties by place.

    Parameters
    ----------
    chosen
        (R, k) candidates, -1 where there are fewer.
    own
        (k,) the candidates that are the explanation.
    nearness
        (k, c) of each of them to each candidate.
    takes
        (R, k) to be filled with candidates, -1 where there is none.
    """
    size = len(own)
    for row in range(len(chosen)):
        free = chosen[row] >= 0
        for i in range(size):
            takes[row, i] = -1
            for j in range(size):
                if chosen[row, j] == own[i]:
                    takes[row, i], free[j] = own[i], False
        while np.any(free):
            best, place, other = -1.0, -1, -1
            for i in range(size):
                for j in range(size):
                    if takes[row, i] < 0 and free[j] and nearness[i, chosen[row, j]] > best:
                        best, place, other = nearness[i, chosen[row, j]], i, j
            takes[row, place], free[other] = chosen[row, other], False
