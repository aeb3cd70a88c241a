"""How sure a correlation over images is, without assuming how activations are distributed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..variation import constant

QUANTILE = 1.959963984540054
"""Of the normal distribution, for an interval of 95 %."""

Array = NDArray[np.float64]


class Correlations(NamedTuple):
    """Of m neurons, each (m,), NaN where a column is constant."""

    value: Array
    low: Array
    high: Array


def correlations_with_intervals(simulated: np.ndarray, activations: np.ndarray) -> Correlations:
    """Pearson correlations over images, with 95 % intervals.

    The standard error comes from the influence of each image on the correlation, u·v − r·(u² + v²)/2 with u and v the
    standardised columns (Devlin, Gnanadesikan and Kettenring, 1975); the interval is symmetric on Fisher's scale,
    artanh r.

    Parameters
    ----------
    simulated, activations
        (n_images, m).
    """
    u, v = (standardised(values) for values in (simulated, activations))
    undefined = ~(u.any(axis=0) & v.any(axis=0))
    r = np.clip((u * v).mean(axis=0), -1.0, 1.0)
    influence = u * v - r * (u**2 + v**2) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((influence**2).mean(axis=0) / len(u)) / (1 - r**2)
        low, high = (np.tanh(np.arctanh(r) + sign * QUANTILE * error) for sign in (-1, 1))
    perfect = np.abs(r) == 1
    ends = (np.where(perfect, r, end) for end in (low, high))
    return Correlations(*(np.where(undefined, np.nan, values) for values in (r, *ends)))


def standardised(values: np.ndarray) -> Array:
    """(n_images, m) columns of mean 0 and standard deviation 1; 0 where a column is constant."""
    values = np.where(constant(values), 0.0, values.astype(np.float64))
    centred = values - values.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
