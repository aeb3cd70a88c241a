"""The concept activation matrix P: how present is each concept in each image (§3.1).

LE (Label) takes the labels as they are; LE (SigLIP) takes an image-text model's calibrated similarity.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray

from . import store
from .compiled import accumulate_columns
from .errors import LinexpError
from .parallel import for_slices, read_ahead

TOP = 5
MIN_TOP_MEAN = 0.5
MIN_STD = 1e-5
ROWS_A_PRODUCT, ROWS_IN_CACHE = 1024, 16
COLUMNS_AT_ONCE = 1024


def probabilities(images: np.ndarray, concepts: np.ndarray, a: float, b: float, threads: int = 1) -> np.ndarray:
    """P(c|x) = σ(a·E_T(c)·E_I(x) + a·b), Eq. 5 and 8.

    Args:
        images: (n, dim) unit-norm embeddings. concepts: (m, dim) unit-norm embeddings.
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


def concept_statistics(blocks: Iterable[np.ndarray], threads: int = 1) -> ConceptStatistics:
    """Mean, standard deviation and top-5 mean of the columns of P, which comes in blocks of (rows, m)."""
    count, shift = 0, None
    for block in blocks:
        if shift is None:
            shift = block.mean(axis=0, dtype=np.float64)
            total, squares = np.zeros_like(shift), np.zeros_like(shift)
            top = np.full((TOP, len(shift)), -np.inf)
        _accumulate(block, shift, total, squares, top, threads)
        count += len(block)
    offset = total / count
    variance = np.maximum(squares / count - offset**2, 0.0)
    return ConceptStatistics(shift + offset, np.sqrt(variance), top[-min(count, TOP) :].mean(axis=0))


def _accumulate(block, shift, total, squares, top, threads: int) -> None:
    def add(columns: slice) -> None:
        accumulate_columns(block[:, columns], shift[columns], total[columns], squares[columns], top[:, columns])

    for_slices(add, len(shift), threads, COLUMNS_AT_ONCE)


def write_presence(
    file: h5py.File,
    blocks_of: Callable[[np.ndarray, np.ndarray], Iterator[np.ndarray]],
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
        blocks_of: gives the rows and the columns (bool) of the unfiltered P that it is asked for, in blocks of rows.
        fitting_rows: the images that the filter looks at.
        min_top_mean: of the filter.

    Raises:
        LinexpError: no concept passes.
    """
    statistics = concept_statistics(read_ahead(blocks_of(fitting_rows, np.ones(len(concepts), bool))), threads)
    kept = statistics.kept(min_top_mean)
    if not kept.any():
        raise LinexpError(
            f"none of {len(concepts)} concepts is present in the images; take others or check the calibration"
        )
    store.write_rows(file, "P", read_ahead(blocks_of(np.arange(n_images), kept)), n_images)
    for name, values in (
        ("concepts", np.array(concepts, object)[kept]),
        ("all_concepts", np.array(concepts, object)),
    ):
        file.create_dataset(name, data=values, dtype=h5py.string_dtype())
    file["kept"], file["mean"] = kept, statistics.mean
    file["std"], file["top_mean"] = statistics.std, statistics.top_mean
