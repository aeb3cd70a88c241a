"""What sums over blocks come to, in one call, for tests."""

import numpy as np

from linexp.concepts.moments import CrossMoments, CrossMomentsSum, Moments, MomentsSum
from linexp.concepts.presence import ConceptStatistics, StatisticsSum
from linexp.fitting.linear import Problem


def _summed(sums, *blocks):
    """The sums with all blocks added; of several kinds of blocks those at one place belong together."""
    for parts in zip(*blocks, strict=True):
        sums.add(*parts)
    return sums


def second_moments(blocks) -> Moments:
    """Moments of blocks of rows."""
    blocks = list(blocks)
    return _summed(MomentsSum(blocks[0].shape[1], threads=2), blocks).moments()


def cross_moments(p_blocks, q_blocks, p_mean) -> CrossMoments:
    """Moments of activations and of P with them, in blocks of the same rows."""
    return _summed(CrossMomentsSum(p_mean, threads=2), p_blocks, q_blocks).moments()


def concept_statistics(blocks) -> ConceptStatistics:
    """Statistics of the columns of blocks of rows."""
    blocks = list(blocks)
    sums = StatisticsSum(blocks[0][0])
    for block in blocks:
        sums.add(sums.of_block(block))
    return sums.statistics()


def problem(p: np.ndarray, q: np.ndarray, n_train: int, neurons: np.ndarray | None = None) -> Problem:
    """P (n, m) and activations (n, n_neurons) as a problem to fit, with train in front and val behind it."""
    (train, train_q), (val, val_q) = (
        (of_p := second_moments([p[rows]]), cross_moments([p[rows]], [q[rows]], of_p.mean))
        for rows in (slice(n_train), slice(n_train, None))
    )
    numbers = np.arange(q.shape[1]) if neurons is None else neurons
    std = (values[:n_train].std(axis=0, dtype=np.float64) for values in (p, q))
    names = [f"concept {j}" for j in range(p.shape[1])]
    return Problem(names, np.asarray(numbers, np.int32), train, val, train_q, val_q, *std)
