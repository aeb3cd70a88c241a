"""The concept activation matrix P: how present is each concept in each image (§3.1).

LE (Label) takes the labels as they are; LE (SigLIP) takes an image-text model's calibrated similarity.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from . import store
from .errors import LinexpError

TOP = 5
MIN_TOP_MEAN = 0.5
MIN_STD = 1e-5


def probabilities(images: np.ndarray, concepts: np.ndarray, a: float, b: float) -> np.ndarray:
    """P(c|x) = σ(a·E_T(c)·E_I(x) + a·b), Eq. 5 and 8.

    Args:
        images: (n, dim) unit-norm embeddings. concepts: (m, dim) unit-norm embeddings.

    Returns:
        (n, m), of the type of the embeddings.
    """
    similarity = images @ concepts.T
    return expit(similarity.dtype.type(a) * similarity + similarity.dtype.type(a * b))


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


def concept_statistics(blocks: Iterable[np.ndarray]) -> ConceptStatistics:
    """Mean, standard deviation and top-5 mean of the columns of P, which comes in blocks of (rows, m)."""
    count, top, shift = 0, None, 0.0
    for block in blocks:
        rows = block.astype(np.float64)
        if top is None:
            shift = rows.mean(axis=0)
            top, total, squares = rows[:0], np.zeros_like(shift), np.zeros_like(shift)
        top = np.concatenate([top, rows])
        if len(top) > TOP:
            top = np.partition(top, len(top) - TOP, axis=0)[-TOP:]
        count += len(rows)
        total += (rows - shift).sum(axis=0)
        squares += ((rows - shift) ** 2).sum(axis=0)
    offset = total / count
    variance = np.maximum(squares / count - offset**2, 0.0)
    return ConceptStatistics(shift + offset, np.sqrt(variance), top.mean(axis=0))


def write_presence(
    file: h5py.File,
    row_blocks: Callable[[np.ndarray], Iterator[np.ndarray]],
    concepts: Sequence[str],
    fitting_rows: np.ndarray,
    n_images: int,
    min_top_mean: float,
) -> None:
    """Filter the concepts and write P, in two passes over blocks of rows.

    Args:
        file: gets `P` (n_images, n_kept) float32 and its `concepts`; over the full set `all_concepts`, `kept`,
            `mean`, `std` and `top_mean`.
        row_blocks: gives the rows of the unfiltered P that it is asked for, in blocks of (rows, m).
        fitting_rows: the images that the filter looks at.
        min_top_mean: of the filter.

    Raises:
        LinexpError: no concept passes.
    """
    statistics = concept_statistics(row_blocks(fitting_rows))
    kept = statistics.kept(min_top_mean)
    if not kept.any():
        raise LinexpError(
            f"none of {len(concepts)} concepts is present in the images; take others or check the calibration"
        )
    blocks = (block[:, kept] for block in row_blocks(np.arange(n_images)))
    store.write_rows(file, "P", blocks, n_images)
    for name, values in (
        ("concepts", np.array(concepts, object)[kept]),
        ("all_concepts", np.array(concepts, object)),
    ):
        file.create_dataset(name, data=values, dtype=h5py.string_dtype())
    file["kept"], file["mean"] = kept, statistics.mean
    file["std"], file["top_mean"] = statistics.std, statistics.top_mean
