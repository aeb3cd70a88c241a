"""When a column counts as constant: the one definition that fitting, scoring, baselines and pictures share."""

import numpy as np
from numpy.typing import NDArray

SMALLEST_RELATIVE_STD = 1e-6
"""A column whose standard deviation is at most this part of its largest absolute value never varies."""
_COLUMNS_AT_ONCE = 64
"""Columns that are looked at together, as their deviations are held in double precision."""


def constant(values: np.ndarray) -> NDArray[np.bool_]:
    """(m,) the columns of (n, m) values that never vary; a single column may be (n,)."""
    if values.ndim == 1:
        return constant(values[:, None])[0]
    found = np.empty(values.shape[1], bool)
    for begin in range(0, len(found), _COLUMNS_AT_ONCE):
        columns = values[:, begin : begin + _COLUMNS_AT_ONCE]
        centred = columns - columns.mean(axis=0, dtype=np.float64)
        std = np.sqrt((centred**2).mean(axis=0))
        found[begin : begin + _COLUMNS_AT_ONCE] = never_varies(std, np.abs(columns).max(axis=0))
    return found


def never_varies(std: np.ndarray, largest: np.ndarray) -> NDArray[np.bool_]:
    """The same from standard deviations and largest absolute values, of any shape."""
    return std <= SMALLEST_RELATIVE_STD * largest
