"""The concept activation matrix P: how present is each concept in each image (§3.1).

LE (Label) takes the labels as they are; LE (SigLIP) takes an image-text model's calibrated similarity.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import h5py
import numpy as np
from numpy.typing import NDArray

from . import store
from .errors import LinexpError
from .parallel import for_slices

TOP = 5
MIN_TOP_MEAN = 0.5
MIN_STD = 1e-5
ROWS_A_PRODUCT, ROWS_IN_CACHE = 512, 16
COLUMNS_AT_ONCE = 1024

PresenceOf = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Gives P of some images (row numbers) and some concepts (column numbers), (rows, columns)."""


def probabilities(images: np.ndarray, concepts: np.ndarray, a: float, b: float, threads: int = 1) -> np.ndarray:
    """P(c|x) = σ(a·E_T(c)·E_I(x) + a·b), Eq. 5 and 8.

    Args:
        images: (n, dim) unit-norm embeddings. concepts: (m, dim) unit-norm embeddings. The other way round P comes
            transposed.
        threads: that the images are spread over.

    Returns:
        (n, m), of the type of the embeddings.
    """
    scaled = (concepts.dtype.type(a) * concepts).T
    p = np.empty((len(images), len(concepts)), images.dtype)

    def fill(rows: slice) -> None:
        np.matmul(images[rows], scaled, out=p[rows])
        p[rows] += p.dtype.type(a * b)
        _sigmoid(p[rows])

    for_slices(fill, len(images), threads, ROWS_A_PRODUCT)
    return p


def _sigmoid(logits: np.ndarray) -> None:
    """σ in place, a few rows at a time so that they stay in the cache; `np.exp` is several times as fast as `expit`."""
    with np.errstate(over="ignore"):  # exp may reach infinity, of which the reciprocal is 0
        for begin in range(0, len(logits), ROWS_IN_CACHE):
            rows = logits[begin : begin + ROWS_IN_CACHE]
            np.negative(rows, out=rows)
            np.exp(rows, out=rows)
            rows += 1
            np.reciprocal(rows, out=rows)


@dataclass(frozen=True)
class ConceptStatistics:
    """What the concept filter looks at, over the images that P is fitted on.

    Attributes:
        mean: (m,) mean of P. std: (m,) standard deviation. top_mean: (m,) mean of the five highest values.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    top_mean: NDArray[np.float64]

    def kept(self, min_top_mean: float) -> NDArray[np.bool_]:
        """The filter of §5: concepts that some images clearly have, and not all to the same degree.

        The paper asks for a top-5 mean of 0.5 of pseudo-labels; its published code also for a standard deviation
        of 1e-5.
        """
        return (self.top_mean >= min_top_mean) & (self.std >= MIN_STD)


class StatisticsSum:
    """The sums that `ConceptStatistics` are made of, over blocks of rows.

    Args:
        n_columns: m. threads: that the columns are spread over.
    """

    def __init__(self, n_columns: int, threads: int = 1):
        self._threads = threads
        self._count = 0
        self._shift, self._total, self._squares = np.zeros((3, n_columns))
        self._top = np.full((TOP, n_columns), -np.inf)

    def add(self, block: np.ndarray, columns: NDArray[np.intp] | None = None) -> None:
        """Add rows, (rows, m), or some of their columns, (rows, len(columns)); others then are incomplete."""
        from .column_sums import accumulate_columns  # numba takes half a second to load, and P alone needs no sums

        columns = np.arange(block.shape[1]) if columns is None else columns
        if self._count == 0:
            self._shift[columns] = block.mean(axis=0, dtype=np.float64)
        self._count += len(block)

        def add_some(places: slice) -> None:
            chosen = columns[places]
            total, squares, top = self._total[chosen], self._squares[chosen], self._top[:, chosen]
            accumulate_columns(block[:, places], self._shift[chosen], total, squares, top)
            self._total[chosen], self._squares[chosen], self._top[:, chosen] = total, squares, top

        for_slices(add_some, len(columns), self._threads, COLUMNS_AT_ONCE)

    def statistics(self) -> ConceptStatistics:
        """The statistics of all rows so far."""
        offset = self._total / self._count
        variance = np.maximum(self._squares / self._count - offset**2, 0.0)
        top = self._top[-min(self._count, TOP) :]
        return ConceptStatistics(self._shift + offset, np.sqrt(variance), top.mean(axis=0))

    def surely_kept(self, min_top_mean: float, n_rows: int) -> NDArray[np.bool_]:
        """The columns that the filter will keep whatever the rest of `n_rows` is: neither measure can fall."""
        so_far = self.statistics()
        smallest_std = so_far.std * np.sqrt(self._count / n_rows)
        return (self._count >= TOP) & replace(so_far, std=smallest_std).kept(min_top_mean)


def filter_concepts(
    p_of: PresenceOf, fitting_rows: np.ndarray, n_concepts: int, min_top_mean: float, threads: int
) -> tuple[NDArray[np.bool_], ConceptStatistics]:
    """Which concepts to keep, and the statistics of the others.

    A concept that is sure to be kept is not looked at any longer, so its own statistics are not of all rows.
    """
    sums, undecided = StatisticsSum(n_concepts, threads), np.arange(n_concepts)
    for rows in np.split(fitting_rows, range(store.ROWS_PER_BLOCK, len(fitting_rows), store.ROWS_PER_BLOCK)):
        sums.add(p_of(rows, undecided), undecided)
        undecided = undecided[~sums.surely_kept(min_top_mean, len(fitting_rows))[undecided]]
    statistics = sums.statistics()
    kept = np.ones(n_concepts, bool)
    kept[undecided] = statistics.kept(min_top_mean)[undecided]
    return kept, statistics


def write_presence(
    file: h5py.File,
    p_of: PresenceOf,
    concepts: Sequence[str],
    fitting_rows: np.ndarray,
    n_images: int,
    min_top_mean: float,
    threads: int = 1,
) -> None:
    """Filter the concepts and write P, in two passes over blocks of rows.

    Args:
        file: gets `P` (n_images, n_kept) float32 and its `concepts`; over the full set `all_concepts`, `kept`,
            `mean`, `std` and `top_mean`.
        p_of: gives some rows and columns of the unfiltered P.
        fitting_rows: the images that the filter looks at, ascending.
        min_top_mean: of the filter.

    Raises:
        LinexpError: no concept passes.
    """
    kept, statistics = filter_concepts(p_of, fitting_rows, len(concepts), min_top_mean, threads)
    if not kept.any():
        raise LinexpError(
            f"none of {len(concepts)} concepts is present in the images; take others or check the calibration"
        )
    columns, fitting = np.flatnonzero(kept), np.isin(np.arange(n_images), fitting_rows)
    sums = StatisticsSum(len(columns), threads)

    def blocks() -> Iterator[np.ndarray]:
        for begin in range(0, n_images, store.ROWS_PER_BLOCK):
            rows = np.arange(begin, min(begin + store.ROWS_PER_BLOCK, n_images))
            block = p_of(rows, columns)
            if fitting[rows].any():
                sums.add(block[fitting[rows]])
            yield block

    store.write_rows(file, "P", blocks(), n_images)
    store.write_array(file, "concepts", [concepts[column] for column in columns])
    store.write_array(file, "all_concepts", list(concepts))
    store.write_array(file, "kept", kept)
    of_kept = sums.statistics()
    for field in fields(ConceptStatistics):
        values = getattr(statistics, field.name)
        values[kept] = getattr(of_kept, field.name)
        store.write_array(file, field.name, values)
