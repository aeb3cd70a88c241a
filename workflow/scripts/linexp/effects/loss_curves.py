"""The loss of each image as the value of one neuron varies, interpolated from a few values of the neuron.

A curve is a Chebyshev series (Trefethen, Approximation Theory and Approximation Practice, 2013). Its nodes are nested:
each refinement keeps what was sampled before and measures the error of the last interpolant at the new nodes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from .scale_search import series

Array = NDArray[np.float64]
COARSEST = 8


@dataclass(frozen=True)
class Curve:
    """Losses of n images along the axis of one neuron.

    Attributes
    ----------
    coefficients
        (n_nodes, n) Chebyshev series of each image on the range.
    low, high
        The range of value − origin that was sampled.
    origin
        (n,) what each image's value is measured from.
    error
        Of the interpolation at nodes that were left out, relative to the mean effect of the neuron.
    """

    coefficients: Array
    low: float
    high: float
    origin: Array
    error: float

    def positions(self, values: np.ndarray) -> Array:
        """Values, (…, n), as places in [−1, 1]; outside where they are beyond what was sampled."""
        return (2 * (values - self.origin) - (self.low + self.high)) / (self.high - self.low)

    def at(self, values: np.ndarray) -> Array:
        """(m, n) losses at values (m, n) or (m, 1)."""
        positions = np.atleast_2d(self.positions(values))
        return np.stack([series(self.coefficients, row) for row in positions])


def nodes(intervals: int) -> Array:
    """(intervals + 1,) Chebyshev points of the second kind, on [−1, 1]."""
    return np.cos(np.pi * np.arange(intervals + 1) / intervals)


def coefficients(values: Array) -> np.ndarray:
    """(m, n) Chebyshev series from the (m, n) values at `nodes(m - 1)`."""
    intervals = len(values) - 1
    return np.linalg.solve(chebyshev.chebvander(nodes(intervals), intervals), values)


def sample_curves(
    sample: Callable[[Sequence[int], list[Array]], list[Array]],
    neurons: Sequence[int],
    ranges: Sequence[tuple[float, float]],
    origins: Sequence[Array],
    centres: Sequence[float],
    base: Array,
    tolerance: float,
    most_nodes: int,
) -> list[Curve]:
    """Sample the curves of several neurons, each with as many nodes as its error asks for.

    Parameters
    ----------
    sample
        Losses (m, n) of each neuron at its (m,) values − origin.
    ranges
        Of value − origin for each neuron.
    origins
        (n,) for each neuron.
    centres
        The value of each neuron whose effect errors are measured against: its mean (Eq. 12).
    base
        (n,) losses of the unchanged network.
    tolerance
        Highest error relative to the mean effect.
    most_nodes
        Where refinement ends anyway.
    """
    curves: dict[int, Curve] = {}
    sampled: list[Array] = [np.empty((0, len(base)))] * len(neurons)
    waiting, intervals = list(range(len(neurons))), COARSEST
    while waiting:
        new = nodes(intervals) if intervals == COARSEST else nodes(intervals)[1::2]
        places = [(low + high + new * (high - low)) / 2 for low, high in (ranges[j] for j in waiting)]
        values = sample([neurons[j] for j in waiting], places)
        for j, fresh, place in zip(waiting, values, places, strict=True):
            error, before = np.inf, curves.get(j)
            if before is not None:
                effect = np.abs(before.at(np.array([[centres[j]]])) - base).mean()
                missed = np.abs(before.at(place[:, None] + origins[j]) - fresh).mean()
                error = missed / effect if effect > 0 else 0.0 if missed == 0 else np.inf
                fresh = _interleaved(sampled[j], fresh)
            sampled[j] = fresh
            curves[j] = Curve(coefficients(fresh), *ranges[j], origins[j], float(error))
        intervals *= 2
        waiting = [j for j in waiting if curves[j].error > tolerance] if intervals + 1 <= most_nodes else []
    return [curves[j] for j in range(len(neurons))]


def _interleaved(even: Array, odd: Array) -> Array:
    both = np.empty((len(even) + len(odd), even.shape[1]))
    both[::2], both[1::2] = even, odd
    return both
