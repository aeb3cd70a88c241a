"""Explanations of arrays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..artifacts.store import ROWS_PER_BLOCK
from ..concepts.moments import moments_over
from ..concepts.presence import ConceptStatistics, StatisticsSum
from ..errors import LinexpError
from ..explanations import Explanation, to_table
from ..fitting import linear
from ..jobs.parallel import blas_on_one_thread
from .given import Rows, Single, check_as_many, drawn_rows, given_rows, matrix, presence_matrix, settings_of


@dataclass(frozen=True)
class Explained:
    """What `explain` found.

    Attributes
    ----------
    explanations
        One a neuron, in the order of the columns of Q.
    rows
        The ascending row numbers of train, val and test.
    problem
        What they were fitted to, and other sets of concepts can be.
    settings
        Of the method, filled in.
    """

    explanations: Sequence[Explanation]
    rows: Rows
    problem: linear.Problem = field(repr=False)
    settings: Mapping[str, Any]

    def to_frame(self) -> pd.DataFrame:
        """One row a neuron, with the columns of `explanations/{method}.parquet`."""
        return to_table(self.explanations).to_pandas()


def explain(
    p: ArrayLike,
    q: ArrayLike,
    concepts: Sequence[str],
    split: Mapping[str, ArrayLike] | None = None,
    *,
    greedy: Mapping[str, Any] | None = None,
    top_k: int | None = None,
    search: Mapping[str, Any] | None = None,
    lambda_: float | None = None,
    alpha: float | None = None,
    min_presence: float = 0.0,
    seed: int = 0,
    threads: int = 1,
) -> Explained:
    """Explain every neuron as a linear combination of concepts (§3.2), as a method `kind: linear` does.

    Settings are those of such a method, with its defaults, the paper's: an elastic net, then the greedy search of
    Algorithm 1. `top_k` or `search` take the place of that.

    Parameters
    ----------
    p
        (n_images, m) from 0 to 1, how present each concept is.
    q
        (n_images, n_neurons) activations.
    concepts
        The m names.
    split
        Row numbers, or a mask of (n_images,) bool, of each of `train`, `val` and maybe `test`; None for a seeded one of
        70, 10 and 20 %. That is the workflow's, but for copies of an image, which an array does not show: there they
        are all in one split.
    greedy
        `max_concepts`, `width` and `tolerance`.
    top_k
        Take that many of the highest weights of the elastic net (B.4).
    search
        Search among all concepts, without an elastic net: `max_concepts`, `tolerance` or `length`, `beam`, `swaps`,
        `ridge`, `positive`.
    lambda_, alpha
        λ and η of Eq. 6.
    min_presence
        Leave out concepts of which the mean of the five highest P on train is below this. The paper has 0.5 for P of an
        image-text model. Those that do not vary on train are left out in any case.
    seed
        Of the split.
    threads
        To work on; they change no number.

    Raises
    ------
    LinexpError
        Shapes do not fit, a value is not finite or P not between 0 and 1, a setting is unknown or out of range, a split
        has no images or shares some, or no concept is left.
    """
    given = {"greedy": greedy, "top_k": top_k, "search": search, "lambda": lambda_, "alpha": alpha}
    settings = settings_of({name: value for name, value in given.items() if value is not None})
    presence, activations = presence_matrix(p, concepts), matrix(q, "Q")
    check_as_many("Q", activations, len(presence), "P")
    rows = drawn_rows(len(presence), seed) if split is None else given_rows(split, len(presence))
    statistics = _statistics(presence, rows["train"])
    kept = statistics.kept(min_presence)
    if not kept.any():
        raise LinexpError(
            f"P: none of {len(kept)} concepts varies on train and reaches min_presence {min_presence:g}; take others"
        )
    names = [name for name, is_kept in zip(concepts, kept, strict=True) if is_kept]
    some = presence if kept.all() else np.ascontiguousarray(presence[:, kept])
    problem = _problem(some, activations, names, rows, statistics.std[kept], threads)
    return Explained(linear.explain(problem, settings, threads=threads), rows, problem, settings)


def _blocks(rows: NDArray[np.intp], n_images: int) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """The blocks of rows that artifacts are read in, and which rows of each are meant, counted in the block."""
    for begin in range(0, n_images, ROWS_PER_BLOCK):
        first, last = np.searchsorted(rows, (begin, begin + ROWS_PER_BLOCK))
        if last > first:
            yield slice(begin, begin + ROWS_PER_BLOCK), rows[first:last] - begin


def _statistics(p: Single, train: NDArray[np.intp]) -> ConceptStatistics:
    """Those of all concepts on train, as `concepts.presence.write_presence` adds them up."""
    sums = StatisticsSum(p[train[0]])
    for block, rows in _blocks(train, len(p)):
        sums.add(sums.of_block(p[block], rows))
    return sums.statistics()


def _problem(
    p: Single, q: Single, concepts: Sequence[str], rows: Rows, p_std: np.ndarray, threads: int
) -> linear.Problem:
    """What a job of the workflow reads by `fitting.data.read_problem`."""

    def both(some: NDArray[np.intp]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return ((p[block][of_block], q[block][of_block]) for block, of_block in _blocks(some, len(p)))

    with blas_on_one_thread():
        (train, train_q), (val, val_q) = (
            moments_over(partial(both, rows[split]), p.shape[1], threads) for split in ("train", "val")
        )
    neurons, q_std = np.arange(q.shape[1], dtype=np.int32), np.sqrt(train_q.variance)
    return linear.Problem(concepts, neurons, train, val, train_q, val_q, p_std, q_std)
