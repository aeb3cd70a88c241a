"""What fitting a layer reads: moments of P, and the moments of the activations with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..artifacts import store
from ..concepts.moments import CrossMomentsSum, Moments
from ..concepts.places import open_presence
from ..jobs.parallel import blas_on_one_thread
from ..networks.recorded import check_finite, columns_of, neuron_blocks, numbers_of, read_activations, read_block
from ..probes.index import rows_of, split_blocks
from .linear import Problem


@dataclass(frozen=True)
class FittingFiles:
    """The artifacts that fitting a layer reads, all of one probe."""

    presence: Path
    moments: Path
    activations: Path
    index: Path

    def same_probe(self) -> str:
        return store.same_probe(self.presence, self.moments, self.activations, self.index)


def read_moments(path: str | Path, split: str) -> Moments:
    """Moments of P over one split."""
    names = (f"{split}/{name}" for name in ("count", "mean", "covariance"))
    count, mean, covariance = store.read_arrays(path, *names)
    return Moments(int(count), mean, covariance)


def read_problem(
    files: FittingFiles, neurons: Sequence[int] | np.ndarray | None, paper_parity: bool, threads: int = 1
) -> Problem:
    """Read P and the activations once, in blocks of rows, and reduce them to their moments."""
    index = store.read_table(files.index)
    kept, p_std = store.read_arrays(files.presence, "kept", "std")
    train, val = (read_moments(files.moments, split) for split in ("train", "val"))
    sums = {"train": CrossMomentsSum(train.mean, threads), "val": CrossMomentsSum(val.mean, threads)}
    with (
        blas_on_one_thread(),
        open_presence(files.presence, threads) as presence,
        store.open_arrays(files.activations) as activations,
    ):
        numbers = numbers_of(activations["activations"], neurons)
        columns, places = columns_of(numbers)
        matrices = presence.blocks(), store.row_blocks(activations["activations"], columns=columns)
        for split, rows, (p, q) in split_blocks(index, list(sums), *matrices):
            sums[split].add(p, q[:, places], rows)
        val_q, train_q = sums.pop("val").moments(), sums.pop("train").moments()
    check_finite(files.activations, np.stack([train_q.variance, val_q.variance]))
    q_std = np.sqrt(train_q.variance)
    if paper_parity:  # the published code standardises by all images
        q_std = read_block(files.activations, numbers).std(axis=0, dtype=np.float64)
    concepts = store.read_strings(files.presence, "concepts")
    return Problem(concepts, numbers, train, val, train_q, val_q, p_std[kept], q_std)


def read_problems(
    files: FittingFiles, neurons: Sequence[int] | None, paper_parity: bool, threads: int = 1
) -> Iterator[Problem]:
    """`read_problem` of a layer's neurons in blocks, as all at once may not fit in memory."""
    for block in neuron_blocks(files.activations, neurons):
        yield read_problem(files, block.numbers, paper_parity, threads)


def rows_of_split(
    files: FittingFiles, neurons: np.ndarray, split: str, places: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """P and the activations of some neurons, those at `places` among `neurons`, over one split, in blocks of rows."""
    rows, (columns, among) = rows_of(store.read_table(files.index), split), columns_of(neurons[places])
    with open_presence(files.presence) as presence, store.open_arrays(files.activations) as activations:
        matrices = presence.blocks(rows), store.row_blocks(activations["activations"], rows, columns)
        for p, q in zip(*matrices, strict=True):
            yield p, q[:, among]


def standardised_train(
    files: FittingFiles, problem: Problem, neurons: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """P and the activations on train themselves, standardised as the exact solver does: for other solvers.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        (n_train, m) and (n_train, n_neurons); constant neurons are 0.
    """
    rows = rows_of(store.read_table(files.index), "train")
    _, activations = read_activations(files.activations, neurons)
    with open_presence(files.presence) as presence:
        p = np.concatenate(list(presence.blocks(rows)))
    q_std = np.where(problem.constant(), np.inf, problem.q_std)
    q = (activations[rows] - problem.train_q.mean) / q_std
    return (p - problem.train.mean) / problem.p_std, q
