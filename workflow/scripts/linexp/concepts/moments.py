"""First and second moments of P and of activations: all that fitting needs, in one pass over each.

Values are shifted near their mean first, so nothing cancels. Products of some thousand rows are taken and summed in the
precision of the values, which is single for artifacts. That leaves errors of about 1e-6 of the standard deviations;
tests/unit/test_precision.py shows that they do not matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise, product, starmap

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import for_each, for_slices
from .column_sums import add_squares, gather, raise_largest

Array = NDArray[np.float64]
Tile = tuple[slice, slice]

TILE = 1024
"""Rows and columns of a product that a thread makes at a time: many, as BLAS first copies what it multiplies."""
STRIP = 256
"""Rows of those on the diagonal, of which only what is above it is needed."""
NEURONS_A_TILE, COLUMNS_A_TILE = 512, 2560
"""The same of a product of activations and P."""
COLUMNS_A_PASS = 512
"""Columns that a thread goes through at a time where there is no product."""
WORTH_LEAVING_OUT = 0.9
"""Where no more than this share of the neurons is ever other than 0 in some rows, the product leaves the rest out."""
ROWS_A_PRODUCT = 4096
"""Rows that are gathered for one product: enough to make adding it up rare, few enough to take little memory."""
ROWS_FOR_SHIFT = 256
"""Rows whose mean is near enough to that of all, spread over a block as images are often sorted by class."""
SMALLEST_SPREAD = 1e-20
"""A neuron that varies by less in the first rows is not scaled by that."""


@dataclass(frozen=True)
class Moments:
    """Moments of the columns of a matrix over one split.

    Attributes
    ----------
    count
        Number of rows.
    mean
        (m,) float64.
    covariance
        (m, m) the centred second moments, divided by `count`, of the type of the matrix.
    """

    count: int
    mean: Array
    covariance: NDArray[np.floating]


@dataclass(frozen=True)
class CrossMoments:
    """Moments of activations Q, and of P with Q, over one split.

    Attributes
    ----------
    mean
        (n_neurons,) mean of each neuron.
    variance
        (n_neurons,) variance, divided by the number of rows.
    largest
        (n_neurons,) largest absolute activation.
    covariance
        (n_neurons, m) of each neuron with each column of P, of their type.
    """

    mean: Array
    variance: Array
    largest: Array
    covariance: NDArray[np.floating]


class _Gatherer:
    """Rows of blocks, shifted and scaled, gathered until there are enough for a product, and their sum.

    Parameters
    ----------
    shift, scale
        (m,) of the type of the rows, to subtract and then to multiply by.

    Attributes
    ----------
    n_rows
        How many are gathered.
    total
        (m,) float64 sum of all rows that ever were.
    """

    def __init__(self, shift: np.ndarray, scale: np.ndarray, threads: int):
        self._shift, self._scale, self._threads = shift, scale, threads
        self._gathered = np.empty((ROWS_A_PRODUCT, len(shift)), shift.dtype)
        self.n_rows, self.total = 0, np.zeros(len(shift))

    def take(self, block: np.ndarray, rows: NDArray[np.intp]) -> None:
        """Gather rows of a block; there must be room for them."""
        places = self._gathered[self.n_rows : self.n_rows + len(rows)]

        def fill(columns: slice) -> None:
            gather(block, rows, self._shift, self._scale, places, self.total, columns.start, columns.stop)

        for_slices(fill, len(self._shift), self._threads, COLUMNS_A_PASS)
        self.n_rows += len(rows)

    def release(self) -> np.ndarray:
        """The rows so far, (n_rows, m), valid until others are gathered."""
        gathered, self.n_rows = self._gathered[: self.n_rows], 0
        return gathered


def _portions(rows: NDArray[np.intp], n_gathered: int) -> list[NDArray[np.intp]]:
    """Rows cut where the gathered ones are `ROWS_A_PRODUCT`."""
    return np.split(rows, range(ROWS_A_PRODUCT - n_gathered, len(rows), ROWS_A_PRODUCT))


def _evenly_spaced(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most `ROWS_FOR_SHIFT` of the rows, evenly spaced."""
    return rows[:: -(-len(rows) // ROWS_FOR_SHIFT)]


def _cuts(begin: int, end: int, size: int) -> list[slice]:
    """Slices of about the same length, `size` at most."""
    n = -(-(end - begin) // size) or 1
    edges = [begin + (end - begin) * i // n for i in range(n + 1)]
    return list(starmap(slice, pairwise(edges)))


def _upper_tiles(size: int) -> list[Tile]:
    """Tiles that cover a square matrix on and above its diagonal, with as little as can be below it."""
    sides = _cuts(0, size, TILE)
    on_diagonal = [
        (strip, slice(strip.start, side.stop)) for side in sides for strip in _cuts(side.start, side.stop, STRIP)
    ]
    return [*combinations(sides, 2), *on_diagonal]


def _add_product(products: np.ndarray, a: np.ndarray, b: np.ndarray, is_first: bool, tile: Tile) -> None:
    """Add a tile of aᵀb to that of the products; there is nothing to add to if it is the first one."""
    rows, columns = tile
    if is_first:
        np.matmul(a[:, rows].T, b[:, columns], out=products[tile])
    else:
        products[tile] += a[:, rows].T @ b[:, columns]


def _add_some(products: np.ndarray, numbers: NDArray[np.intp], a: np.ndarray, b: np.ndarray, tile: Tile) -> None:
    """The same of the columns of a with these numbers, of which no other is but 0."""
    rows, columns = tile
    products[numbers[rows], columns] += a[:, numbers[rows]].T @ b[:, columns]


class MomentsSum:
    """The sums that `Moments` are made of, over blocks of rows.

    Parameters
    ----------
    n_columns
        M.
    threads
        That a product is spread over.
    """

    def __init__(self, n_columns: int, threads: int = 1):
        self._threads = threads
        self._count = 0
        self._n_columns = n_columns
        self._shift: np.ndarray | None = None

    def add(self, block: np.ndarray, rows: NDArray[np.intp] | None = None) -> None:
        """Add all rows of a block, (n, m), or some of them."""
        rows = np.arange(len(block)) if rows is None else rows
        if self._shift is None:
            self._shift = block[_evenly_spaced(rows)].mean(axis=0)
            self._gatherer = _Gatherer(self._shift, np.ones_like(self._shift), self._threads)
            self._products = np.empty((self._n_columns, self._n_columns), block.dtype)
            self._tiles = _upper_tiles(self._n_columns)
        for portion in _portions(rows, self._gatherer.n_rows):
            self._gatherer.take(block, portion)
            if self._gatherer.n_rows == ROWS_A_PRODUCT:
                self._multiply()

    def _multiply(self) -> None:
        rows, is_first = self._gatherer.release(), self._count == 0
        self._count += len(rows)

        for_each(partial(_add_product, self._products, rows, rows, is_first), self._tiles, self._threads)

    def moments(self) -> Moments:
        """The moments of all rows so far; nothing can be added after that."""
        if self._shift is None:
            raise ValueError("no rows")
        if self._gatherer.n_rows:
            self._multiply()
        covariance, offset = self._products, self._gatherer.total / self._count
        del self._gatherer
        single = offset.astype(covariance.dtype)

        def finish(tile: Tile) -> None:
            rows, columns = tile
            covariance[tile] /= self._count
            covariance[tile] -= np.outer(single[rows], single[columns])
            if rows.start == columns.start:  # on the diagonal, where BLAS may round the two halves differently
                square = covariance[rows, rows]
                square[...] = np.triu(square) + np.triu(square, 1).T
            covariance[columns, rows] = covariance[tile].T

        for_each(finish, self._tiles, self._threads)
        return Moments(self._count, self._shift + offset, covariance)


class CrossMomentsSum:
    """The sums that `CrossMoments` are made of, over blocks of rows.

    Parameters
    ----------
    p_mean
        (m,) mean of P over all rows that will come.
    threads
        That a product is spread over.
    """

    def __init__(self, p_mean: Array, threads: int = 1):
        self._p_mean, self._threads = p_mean, threads
        self._count = 0
        self._shift: np.ndarray | None = None

    def add(self, p: np.ndarray, q: np.ndarray, rows: NDArray[np.intp] | None = None) -> None:
        """Add rows of P, (n, m), and the same rows of the activations, (n, n_neurons): all, or some of them."""
        rows = np.arange(len(q)) if rows is None else rows
        if self._shift is None:
            self._start(p.dtype, q[_evenly_spaced(rows)])

        def look_at(neurons: slice) -> None:
            raise_largest(q[:, neurons], rows, self._largest[neurons])

        for_slices(look_at, len(self._largest), self._threads, COLUMNS_A_PASS)
        for portion in _portions(rows, self._q_gatherer.n_rows):
            self._p_gatherer.take(p, portion)
            self._q_gatherer.take(q, portion)
            if self._q_gatherer.n_rows == ROWS_A_PRODUCT:
                self._multiply()

    def _start(self, p_type: np.dtype, q: np.ndarray) -> None:
        self._p_shift, self._shift = self._p_mean.astype(p_type), q.mean(axis=0)
        spread = np.abs(q - self._shift).max(axis=0)
        varies = (spread > SMALLEST_SPREAD) & (spread < np.inf)
        # a power of two, so scaling costs no precision
        self._unit = np.exp2(np.floor(np.log2(np.where(varies, spread, q.dtype.type(1)))))
        self._squares, self._largest = np.zeros((2, q.shape[1]))
        self._products = np.empty((q.shape[1], len(self._p_mean)), q.dtype)
        neurons, columns = _cuts(0, q.shape[1], NEURONS_A_TILE), _cuts(0, len(self._p_mean), COLUMNS_A_TILE)
        self._tiles = list(product(neurons, columns))
        self._p_gatherer = _Gatherer(self._p_shift, np.ones_like(self._p_shift), self._threads)
        self._q_gatherer = _Gatherer(self._shift, 1 / self._unit, self._threads)

    def _multiply(self) -> None:
        p, scaled, is_first = self._p_gatherer.release(), self._q_gatherer.release(), self._count == 0
        self._count += len(scaled)

        def add_squares_of(neurons: slice) -> None:
            add_squares(scaled[:, neurons], self._squares[neurons])

        for_slices(add_squares_of, len(self._squares), self._threads, COLUMNS_A_PASS)
        active = np.flatnonzero(scaled.any(axis=0))
        if len(active) > WORTH_LEAVING_OUT * scaled.shape[1]:
            for_each(partial(_add_product, self._products, scaled, p, is_first), self._tiles, self._threads)
            return
        if is_first:
            self._products[...] = 0
        tiles = list(product(_cuts(0, len(active), NEURONS_A_TILE), _cuts(0, p.shape[1], COLUMNS_A_TILE)))
        for_each(partial(_add_some, self._products, active, scaled, p), tiles, self._threads)

    def moments(self) -> CrossMoments:
        """The moments of all rows so far; nothing can be added after that."""
        if self._shift is None:
            raise ValueError("no rows")
        if self._q_gatherer.n_rows:
            self._multiply()
        scale, offset = self._unit.astype(np.float64), self._q_gatherer.total / self._count
        del self._p_gatherer, self._q_gatherer
        covariance, kind = self._products, self._products.dtype
        variance = np.maximum(self._squares / self._count - offset**2, 0.0)
        p_offset = (self._p_mean - self._p_shift).astype(kind)

        def finish(tile: Tile) -> None:
            neurons, columns = tile
            covariance[tile] /= self._count
            covariance[tile] -= np.outer(offset[neurons].astype(kind), p_offset[columns])
            covariance[tile] *= self._unit[neurons, None]

        for_each(finish, self._tiles, self._threads)
        return CrossMoments(self._shift + scale * offset, scale**2 * variance, self._largest, covariance)


def moments_over(
    blocks: Callable[[], Iterator[tuple[np.ndarray, np.ndarray]]], n_columns: int, threads: int = 1
) -> tuple[Moments, CrossMoments]:
    """The moments of P, (n, m), and those of activations with it, over one split.

    Parameters
    ----------
    blocks
        Gives the rows of both in blocks, and is asked twice.
    n_columns
        M.
    threads
        That a product is spread over.
    """
    sums = MomentsSum(n_columns, threads)
    for p, _ in blocks():
        sums.add(p)
    moments = sums.moments()
    cross = CrossMomentsSum(moments.mean, threads)
    for p, q in blocks():
        cross.add(p, q)
    return moments, cross.moments()
