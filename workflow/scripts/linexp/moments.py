"""First and second moments of P and of activations: all that fitting needs, in one pass over each.

Sums run in float64, over blocks of rows that are shifted near their mean first, so nothing cancels.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Moments of the columns of a matrix over one split.

    Attributes:
        count: number of rows.
        mean: (m,) float64.
        covariance: (m, m) float64, the centred second moments, divided by `count`.
    """

    count: int
    mean: Array
    covariance: Array


@dataclass(frozen=True)
class CrossMoments:
    """Moments of activations Q, and of P with Q, over one split.

    Attributes:
        mean: (n_neurons,) mean of each neuron.
        variance: (n_neurons,) variance, divided by the number of rows.
        covariance: (n_neurons, m) of each neuron with each column of P.
    """

    mean: Array
    variance: Array
    covariance: Array


def second_moments(blocks: Iterable[np.ndarray]) -> Moments:
    """Moments of a matrix that comes in blocks of rows, each (rows, m)."""
    shift: Array | None = None
    count = 0
    for block in blocks:
        rows = block.astype(np.float64)
        if shift is None:
            shift = rows.mean(axis=0)
            total, products = np.zeros_like(shift), np.zeros((len(shift), len(shift)))
        rows -= shift
        count += len(rows)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    if shift is None:
        raise ValueError("no rows")
    offset = total / count
    products /= count
    products -= np.outer(offset, offset)
    return Moments(count, shift + offset, products)


def cross_moments(blocks: Iterable[np.ndarray], p_mean: Array, activations: np.ndarray) -> CrossMoments:
    """Moments of activations and of P with them.

    Args:
        blocks: P in blocks of rows, each (rows, m).
        p_mean: (m,) mean of P over the same rows.
        activations: (n, n_neurons) over the same rows in the same order.
    """
    q_mean = activations.mean(axis=0, dtype=np.float64)
    variance = np.zeros_like(q_mean)
    covariance = np.zeros((len(q_mean), len(p_mean)))
    begin = 0
    for block in blocks:
        centred = activations[begin : begin + len(block)] - q_mean
        variance += np.einsum("ij,ij->j", centred, centred)
        covariance += centred.T @ (block - p_mean)
        begin += len(block)
    return CrossMoments(q_mean, variance / begin, covariance / begin)
