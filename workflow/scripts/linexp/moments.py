"""First and second moments of P and of activations: all that fitting needs, in one pass over each.

Values are shifted near their mean first, so nothing cancels. Products of some thousand rows are taken in the precision
of the values, which is single for artifacts, and summed in double. That leaves errors of about 1e-6 of the
standard deviations; tests/unit/test_precision.py shows that they do not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .parallel import for_slices

Array = NDArray[np.float64]

PANEL = 256
"""Columns that a thread takes at a time."""
ROWS_A_PRODUCT = 8192
"""Rows that are gathered for one product: few enough for single precision, and sums in double are rare beside it."""
SMALLEST_SPREAD = 1e-20
"""A neuron that varies by less in the first rows is not scaled by that."""


@dataclass(frozen=True)
class Moments:
    """Moments of the columns of a matrix over one split.

    Attributes:
        count: number of rows.
        mean: (m,) float64.
        covariance: (m, m) the centred second moments, divided by `count`; summed in float64, in artifacts float32.
    """

    count: int
    mean: Array
    covariance: NDArray[np.floating]


@dataclass(frozen=True)
class CrossMoments:
    """Moments of activations Q, and of P with Q, over one split.

    Attributes:
        mean: (n_neurons,) mean of each neuron.
        variance: (n_neurons,) variance, divided by the number of rows.
        largest: (n_neurons,) largest absolute activation.
        covariance: (n_neurons, m) of each neuron with each column of P.
    """

    mean: Array
    variance: Array
    largest: Array
    covariance: Array


def _places(n_rows: int, filled: int) -> Iterator[tuple[slice, slice]]:
    """Slices of new rows, and their places in a buffer of `ROWS_A_PRODUCT` rows that starts again when it is full."""
    done = 0
    while done < n_rows:
        n = min(n_rows - done, ROWS_A_PRODUCT - filled)
        yield slice(done, done + n), slice(filled, filled + n)
        done, filled = done + n, (filled + n) % ROWS_A_PRODUCT


class MomentsSum:
    """The sums that `Moments` are made of, over blocks of rows.

    Args:
        n_columns: m. threads: that a product is spread over.
    """

    def __init__(self, n_columns: int, threads: int = 1):
        self._threads = threads
        self._count = 0
        self._shift: np.ndarray | None = None
        self._total = np.zeros(n_columns)
        self._products = np.zeros((n_columns, n_columns))

    def add(self, block: np.ndarray) -> None:
        """Add rows, (rows, m)."""
        if self._shift is None:
            self._shift = block.mean(axis=0)
            self._rows = np.empty((ROWS_A_PRODUCT, block.shape[1]), block.dtype)
        for some, places in _places(len(block), self._count % ROWS_A_PRODUCT):
            np.subtract(block[some], self._shift, out=self._rows[places])
            self._count += some.stop - some.start
            if places.stop == ROWS_A_PRODUCT:
                self._multiply(self._rows)

    def _multiply(self, rows: np.ndarray) -> None:
        def add_panel(panel: slice) -> None:
            """Of the columns before the panel the products are those of other panels, mirrored."""
            self._total[panel] += rows[:, panel].sum(axis=0, dtype=np.float64)
            self._products[panel, panel.start :] += rows[:, panel].T @ rows[:, panel.start :]

        for_slices(add_panel, len(self._total), self._threads, PANEL)

    def moments(self) -> Moments:
        """The moments of all rows so far; nothing can be added after that."""
        if self._shift is None:
            raise ValueError("no rows")
        self._multiply(self._rows[: self._count % ROWS_A_PRODUCT])
        covariance, offset = self._products, self._total / self._count

        def finish_panel(panel: slice) -> None:
            rest = slice(panel.start, None)
            covariance[panel, rest] /= self._count
            covariance[panel, rest] -= np.outer(offset[panel], offset[rest])
            covariance[rest, panel] = covariance[panel, rest].T

        for_slices(finish_panel, len(covariance), self._threads, PANEL)
        return Moments(self._count, self._shift + offset, covariance)


class CrossMomentsSum:
    """The sums that `CrossMoments` are made of, over blocks of rows.

    Args:
        p_mean: (m,) mean of P over all rows that will come. threads: that a product is spread over.
    """

    def __init__(self, p_mean: Array, threads: int = 1):
        self._p_mean, self._threads = p_mean, threads
        self._count = 0
        self._shift: np.ndarray | None = None

    def add(self, p: np.ndarray, q: np.ndarray) -> None:
        """Add rows of P, (rows, m), and the same rows of the activations, (rows, n_neurons)."""
        if self._shift is None:
            self._p_shift, self._shift = self._p_mean.astype(q.dtype), q.mean(axis=0)
            spread = np.abs(q - self._shift).max(axis=0)
            self._scale = np.where(spread > SMALLEST_SPREAD, spread, q.dtype.type(1))
            self._total, self._squares, self._largest = np.zeros((3, q.shape[1]))
            self._products = np.zeros((q.shape[1], p.shape[1]))
            self._p_rows, self._rows = (np.empty((ROWS_A_PRODUCT, x.shape[1]), q.dtype) for x in (p, q))
        self._largest = np.maximum(self._largest, np.abs(q).max(axis=0))
        for some, places in _places(len(q), self._count % ROWS_A_PRODUCT):
            np.subtract(p[some], self._p_shift, out=self._p_rows[places])
            scaled = np.subtract(q[some], self._shift, out=self._rows[places])
            scaled /= self._scale
            self._count += some.stop - some.start
            if places.stop == ROWS_A_PRODUCT:
                self._multiply(self._p_rows, self._rows)

    def _multiply(self, p: np.ndarray, scaled: np.ndarray) -> None:
        def add_panel(panel: slice) -> None:
            of_panel = scaled[:, panel]
            self._total[panel] += of_panel.sum(axis=0, dtype=np.float64)
            self._squares[panel] += np.square(of_panel, dtype=np.float64).sum(axis=0)
            self._products[panel] += of_panel.T @ p

        for_slices(add_panel, len(self._total), self._threads, PANEL)

    def moments(self) -> CrossMoments:
        """The moments of all rows so far; nothing can be added after that."""
        if self._shift is None:
            raise ValueError("no rows")
        left = self._count % ROWS_A_PRODUCT
        self._multiply(self._p_rows[:left], self._rows[:left])
        scale, offset = self._scale.astype(np.float64), self._total / self._count
        variance = np.maximum(self._squares / self._count - offset**2, 0.0)
        covariance = self._products / self._count - np.outer(offset, self._p_mean - self._p_shift)
        return CrossMoments(
            self._shift + scale * offset, scale**2 * variance, self._largest, scale[:, None] * covariance
        )
