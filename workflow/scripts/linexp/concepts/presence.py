"""The concept activation matrix P: how present is each concept in each image (§3.1).

LE (Label) takes the labels as they are; LE (SigLIP) takes an image-text model's calibrated similarity.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from ..artifacts import store
from ..errors import LinexpError, shortened
from ..jobs.parallel import for_slices, ordered_map

TOP = 5
NAMED = 5
"""Concepts that a line on the filter names."""
MIN_STD = 1e-5
WORTH_LEAVING_OUT = 0.95
"""The part of the undecided concepts that is looked at further, at most, where others are left out."""
ROWS_A_PRODUCT, ROWS_IN_CACHE = 512, 16
BLOCKS_A_WAVE = 4
"""Blocks of rows between two looks at which concepts are undecided."""


class Presence(Protocol):
    """P of some concepts, computed a block of images at a time; several threads may ask."""

    def of(self, rows: np.ndarray) -> np.ndarray:
        """(len(rows), m) P of images, in ascending order of their rows."""

    def only(self, columns: np.ndarray) -> "Presence":
        """P of some of the concepts alone, by their numbers."""


@dataclass(frozen=True)
class LabelPresence:
    """P of LE (Label): labels as they are.

    Attributes
    ----------
    labels
        (n_images, m).
    """

    labels: np.ndarray

    def of(self, rows: np.ndarray) -> np.ndarray:
        return self.labels[rows]

    def only(self, columns: np.ndarray) -> "LabelPresence":
        return LabelPresence(self.labels[:, columns])


@dataclass(frozen=True)
class PseudoPresence:
    """P of LE (SigLIP): calibrated similarity, Eq. 8.

    Attributes
    ----------
    images
        Gives the unit-norm embeddings of the rows from one to before another.
    concepts
        (m, dim) unit-norm embeddings.
    a, b
        Of the calibration.
    """

    images: Callable[[int, int], np.ndarray]
    concepts: np.ndarray
    a: float
    b: float

    def of(self, rows: np.ndarray) -> np.ndarray:
        images = self.images(rows[0], rows[-1] + 1)[rows - rows[0]]
        return probability_of(self.concepts, self.a, self.b)(images)

    def only(self, columns: np.ndarray) -> "PseudoPresence":
        return replace(self, concepts=self.concepts[columns])


def probability_of(concepts: np.ndarray, a: float, b: float) -> Callable[..., np.ndarray]:
    """P(c|x) = σ(a·E_T(c)·E_I(x) + a·b), Eq. 5 and 8, as a function of images.

    Parameters
    ----------
    concepts
        (m, dim) unit-norm embeddings.

    Returns
    -------
    Callable[..., np.ndarray]
        A function that takes (n, dim) unit-norm embeddings of images, and maybe an array to fill, and gives (n, m), of
        the type of the embeddings.
    """
    negated_scale, offset = concepts.dtype.type(-a), concepts.dtype.type(a * b)

    def of_images(images: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        return _logistic(np.matmul(negated_scale * images, concepts.T, out=out), offset)

    return of_images


def probabilities(images: np.ndarray, concepts: np.ndarray, a: float, b: float, threads: int = 1) -> np.ndarray:
    """`probability_of` the concepts in the images, (n, m); the other way round P comes transposed.

    Parameters
    ----------
    threads
        That the images are spread over.
    """
    of_images = probability_of(concepts, a, b)
    p = np.empty((len(images), len(concepts)), images.dtype)

    def fill(rows: slice) -> None:
        of_images(images[rows], out=p[rows])

    for_slices(fill, len(images), threads, ROWS_A_PRODUCT)
    return p


def read_presence(
    images: str | Path, concepts: str | Path, calibration: str | Path, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """P of some concepts in some images, (n, m) float32, from the artifacts that P is made of.

    Parameters
    ----------
    images, concepts
        Embeddings.
    rows
        Ascending.
    columns
        (n_concepts,) bool.
    """
    scale = store.read_json(calibration)
    (embeddings,) = store.read_arrays(concepts, "embeddings")
    with store.open_arrays(images) as file:
        blocks = [
            probabilities(block.astype(embeddings.dtype), embeddings[columns], scale["a"], scale["b"])
            for block in store.row_blocks(file["embeddings"], rows)
        ]
    return np.concatenate(blocks)


def _logistic(negated: np.ndarray, offset: np.floating) -> np.ndarray:
    """σ(offset − negated) in place, a few rows at a time so that they stay in the cache.

    `np.exp` is several times as fast as `expit`.
    """
    with np.errstate(over="ignore"):  # exp may reach infinity, of which the reciprocal is 0
        for begin in range(0, len(negated), ROWS_IN_CACHE):
            rows = negated[begin : begin + ROWS_IN_CACHE]
            rows -= offset
            np.exp(rows, out=rows)
            rows += 1
            np.reciprocal(rows, out=rows)
    return negated


@dataclass(frozen=True)
class ConceptStatistics:
    """What the concept filter looks at, over the images that P is fitted on.

    Attributes
    ----------
    mean
        (m,) mean of P.
    std
        (m,) standard deviation.
    top_mean
        (m,) mean of the five highest values.
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


def filter_text(concepts: Sequence[str], kept: np.ndarray, top_mean: np.ndarray, min_top_mean: float) -> str:
    """What the filter keeps, and what it would keep next, in one line.

    Parameters
    ----------
    concepts
        (m,) of the whole set.
    kept
        (m,) bool.
    top_mean
        (m,) as the filter saw it.
    min_top_mean
        Of the filter; 0 where only concepts that never vary are left out.
    """
    out = np.flatnonzero(~kept)
    best = out[np.argsort(-top_mean[out], kind="stable")][:NAMED]
    named = ", ".join(f"{shortened(concepts[column], 40)} {top_mean[column]:.2f}" for column in best.tolist())
    asked = f"top-{TOP} mean ≥ {min_top_mean:g}" if min_top_mean else "they vary"
    return f"{kept.sum():,} of {len(concepts):,} kept: {asked}{f'; next: {named}' if named else ''}"


class StatisticsSum:
    """The sums that `ConceptStatistics` are made of, over blocks of rows.

    Parameters
    ----------
    shift
        (m,) subtracted first, so that nothing cancels: the values of any one row.
    """

    def __init__(self, shift: np.ndarray):
        self._shift = shift.astype(np.float64)
        self._count = 0
        self._total, self._squares = np.zeros((2, len(shift)))
        self._top = np.full((TOP, len(shift)), -np.inf)

    def of_block(
        self, block: np.ndarray, rows: NDArray[np.intp] | None = None, columns: NDArray[np.intp] | slice = slice(None)
    ) -> "BlockSums":
        """The sums over a block alone, or some of its rows; several threads may compute those of different blocks.

        The highest values are complete together with those of the blocks that have been added.

        Parameters
        ----------
        block
            (n, m), or (n, len(columns)) where it has only those.
        """
        from .column_sums import column_sums  # numba takes half a second to load, and P alone needs no sums

        rows = np.arange(len(block)) if rows is None else rows
        found = column_sums(block, rows, self._shift[columns], self._top[0, columns], TOP)
        return BlockSums(columns, len(rows), *found)

    def add(self, sums: "BlockSums") -> None:
        """Add those of one more block; columns that it leaves out are incomplete from then on."""
        columns = sums.columns
        self._count += sums.n_rows
        self._total[columns] += sums.total
        self._squares[columns] += sums.squares
        self._top[:, columns] = np.sort(np.concatenate([self._top[:, columns], sums.top]), axis=0)[-TOP:]

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


class BlockSums(NamedTuple):
    """Sums over the rows of one block: of its columns, of their squares, and the highest values, ascending."""

    columns: NDArray[np.intp] | slice
    n_rows: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    top: NDArray[np.float64]


def filter_concepts(
    presence: Presence, fitting_rows: np.ndarray, n_concepts: int, min_top_mean: float, threads: int
) -> tuple[NDArray[np.bool_], ConceptStatistics]:
    """Which concepts to keep, and the statistics of the others.

    A concept that is sure to be kept is not looked at any longer, so its own statistics are not of all rows. That is
    decided after the same rows whatever the threads, as P of fewer concepts may be rounded differently.
    """
    undecided = np.arange(n_concepts)
    sums = StatisticsSum(presence.of(fitting_rows[:1])[0])

    def of_rows(rows: np.ndarray) -> BlockSums:
        return sums.of_block(of_undecided.of(rows), columns=undecided)

    of_undecided = presence

    for blocks in _waves(fitting_rows):
        for found in ordered_map(of_rows, blocks, threads, ahead=threads):
            sums.add(found)
        left = undecided[~sums.surely_kept(min_top_mean, len(fitting_rows))[undecided]]
        if len(left) < WORTH_LEAVING_OUT * len(undecided):
            undecided, of_undecided = left, presence.only(left)
    statistics = sums.statistics()
    kept = np.ones(n_concepts, bool)
    kept[undecided] = statistics.kept(min_top_mean)[undecided]
    return kept, statistics


def _waves(rows: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Blocks of rows, in lists between which concepts are left out: few rows first, as they decide on most."""
    size, n_blocks = max(1, store.ROWS_PER_BLOCK // BLOCKS_A_WAVE), 1
    while len(rows):
        yield [rows[begin : begin + size] for begin in range(0, min(len(rows), n_blocks * size), size)]
        rows = rows[n_blocks * size :]
        size, n_blocks = (2 * size, 1) if size < store.ROWS_PER_BLOCK else (size, BLOCKS_A_WAVE)


def write_presence(
    file: h5py.File,
    presence: Presence,
    concepts: Sequence[str],
    fitting_rows: np.ndarray,
    n_images: int,
    min_top_mean: float,
    threads: int = 1,
) -> None:
    """Filter the concepts and write P, in two passes over blocks of rows.

    Parameters
    ----------
    file
        Gets `P` (n_images, n_kept) float32 and its `concepts`; over the full set `all_concepts`, `kept`, `mean`, `std`
        and `top_mean`.
    presence
        The unfiltered P.
    fitting_rows
        The images that the filter looks at, ascending.
    min_top_mean
        Of the filter.

    Raises
    ------
    LinexpError
        No concept passes.
    """
    kept, statistics = filter_concepts(presence, fitting_rows, len(concepts), min_top_mean, threads)
    _tell_kept(concepts, kept, statistics, min_top_mean)
    columns, fitting = np.flatnonzero(kept), np.isin(np.arange(n_images), fitting_rows)
    of_kept = presence.only(columns)
    sums = StatisticsSum(of_kept.of(fitting_rows[:1])[0])

    def block_and_sums(begin: int) -> tuple[np.ndarray, BlockSums]:
        rows = np.arange(begin, min(begin + store.ROWS_PER_BLOCK, n_images))
        block = of_kept.of(rows)
        return block, sums.of_block(block, np.flatnonzero(fitting[rows]))

    def blocks() -> Iterator[np.ndarray]:
        begins = range(0, n_images, store.ROWS_PER_BLOCK)
        for block, of_block in ordered_map(block_and_sums, begins, threads, ahead=threads):
            sums.add(of_block)
            yield block

    store.write_rows(file, "P", blocks(), n_images)
    found = sums.statistics()
    for field in fields(ConceptStatistics):
        getattr(statistics, field.name)[kept] = getattr(found, field.name)
    _write_kept(file, concepts, kept, statistics)


def write_statistics(
    file: h5py.File,
    presence: Presence,
    concepts: Sequence[str],
    fitting_rows: np.ndarray,
    min_top_mean: float,
    threads: int = 1,
    among: NDArray[np.bool_] | None = None,
) -> None:
    """What `write_presence` writes, but for P itself: of places, which are too many for it; in one pass.

    Parameters
    ----------
    among
        (n_concepts,) those that may be kept; None for all.
    """
    sums = StatisticsSum(presence.of(fitting_rows[:1])[0])
    blocks = np.split(fitting_rows, range(store.ROWS_PER_BLOCK, len(fitting_rows), store.ROWS_PER_BLOCK))
    for found in ordered_map(lambda rows: sums.of_block(presence.of(rows)), blocks, threads, ahead=threads):
        sums.add(found)
    statistics = sums.statistics()
    kept = statistics.kept(min_top_mean) & (True if among is None else among)
    _tell_kept(concepts, kept, statistics, min_top_mean)
    _write_kept(file, concepts, kept, statistics)


def _tell_kept(
    concepts: Sequence[str], kept: NDArray[np.bool_], statistics: ConceptStatistics, min_top_mean: float
) -> None:
    """Which concepts are kept, in a line, or an error if none is."""
    text = filter_text(concepts, kept, statistics.top_mean, min_top_mean)
    if not kept.any():
        remedy = "take others or check the calibration, or lower min_presence" if min_top_mean else "take others"
        raise LinexpError(f"none of {len(concepts)} concepts is present in the images; {remedy} ({text})")
    print(f"concepts: {text}", file=sys.stderr)


def _write_kept(
    file: h5py.File, concepts: Sequence[str], kept: NDArray[np.bool_], statistics: ConceptStatistics
) -> None:
    """Write which concepts are kept, and the statistics of all."""
    columns = np.flatnonzero(kept)
    store.write_array(file, "concepts", [concepts[column] for column in columns.tolist()])
    store.write_array(file, "all_concepts", list(concepts))
    store.write_array(file, "kept", kept)
    for field in fields(ConceptStatistics):
        store.write_array(file, field.name, getattr(statistics, field.name))
