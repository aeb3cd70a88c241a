"""Moments of a few concepts over blocks of randomly drawn images, and over resamples that are put together of blocks.

Of a neuron the columns are the number 1, its candidates and the neuron itself, all standardised by all images; their
products, summed over each block, are all that a refit on resampled images takes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import blas_on_one_thread, for_each, for_slices
from .compiled_resampled import covariances_of, put_columns

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rows = Iterable[tuple[np.ndarray, np.ndarray]]

BLOCKS = 50
VALUES_AT_ONCE = 1 << 25
"""Of P, whose rows are gathered before they are multiplied: many, as each product is added to sums that are large."""
COLUMNS_A_PASS = 64
SMALLEST_VARIANCE = 1e-6
"""What varies less among resampled images, as a share of its variance among all, is constant there."""


def draw_blocks(contents: Sequence[str], seed: int) -> Indices:
    """The block of each image, (n,): random ones of about equal size; images of the same content are in the same."""
    of_content = np.unique(np.asarray(contents), return_inverse=True)[1]
    blocks = np.random.default_rng(seed).permutation(np.arange(of_content.max() + 1) % BLOCKS)
    return blocks[of_content]


@dataclass(frozen=True)
class Scale:
    """What P (m,) and the neurons (n,) are standardised by."""

    p_mean: Array
    p_std: Array
    q_mean: Array
    q_std: Array


def block_sums(
    rows: Rows, blocks: Indices, scale: Scale, candidates: Sequence[Indices], threads: int = 1
) -> list[NDArray[np.float32]]:
    """The sums of products of each neuron's columns over each block.

    Parameters
    ----------
    rows
        P (·, m) and activations (·, n), in blocks of rows as they are read.
    blocks
        Of all rows in their order, from `draw_blocks`.
    candidates
        Of each neuron.

    Returns
    -------
    list[NDArray[np.float32]]
        (n_blocks, c + 2, c + 2) of each neuron with c candidates.
    """
    n_blocks = int(blocks.max()) + 1
    sums = [np.zeros((n_blocks, len(own) + 2, len(own) + 2), np.float32) for own in candidates]
    for p, q, ones in _portions(rows, blocks, n_blocks, scale, threads):

        def add(neuron: int, p=p, q=q, ones=ones) -> None:
            columns = np.concatenate([ones[None], p[candidates[neuron]], q[neuron][None]])
            of_blocks = columns.reshape(len(columns), n_blocks, -1).transpose(1, 0, 2)
            sums[neuron] += of_blocks @ of_blocks.transpose(0, 2, 1)

        with blas_on_one_thread():
            for_each(add, range(len(candidates)), threads)
    return sums


def _portions(
    rows: Rows, blocks: Indices, n_blocks: int, scale: Scale, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Standardised P (m, k), activations (n, k) and ones (k,), sorted by block, each block filled up with zeros."""
    begin = 0
    for parts in _gathered(rows):
        n_rows = sum(len(p) for p, _ in parts)
        places, width = _places(blocks[begin : begin + n_rows], n_blocks)
        begin += n_rows
        p, q = (np.zeros((len(mean), width), np.float32) for mean in (scale.p_mean, scale.q_mean))
        ones = np.zeros(width, np.float32)
        ones[places] = 1
        done = 0
        for p_rows, q_rows in parts:
            own = places[done : done + len(p_rows)]
            done += len(own)
            _put(p_rows, own, scale.p_mean, scale.p_std, p, threads)
            _put(q_rows, own, scale.q_mean, scale.q_std, q, threads)
        yield p, q, ones


def _gathered(rows: Rows) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
    """Blocks of rows, together as many as are multiplied at once."""
    waiting: list[tuple[np.ndarray, np.ndarray]] = []
    for part in rows:
        waiting.append(part)
        if sum(p.size for p, _ in waiting) >= VALUES_AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _places(blocks: Indices, n_blocks: int) -> tuple[Indices, int]:
    """Where rows come to lie, sorted by block, if each block has as much room as the largest; and the room of all."""
    sizes = np.bincount(blocks, minlength=n_blocks)
    order = np.argsort(blocks, kind="stable")
    places = np.empty(len(blocks), np.int64)
    places[order] = np.arange(len(blocks)) + np.repeat(
        sizes.max() * np.arange(n_blocks) - np.cumsum(sizes) + sizes, sizes
    )
    return places, n_blocks * int(sizes.max())


def _put(values: np.ndarray, places: Indices, mean: Array, std: Array, columns: np.ndarray, threads: int) -> None:
    """Standardise rows and put each at its place in an array of columns."""

    def put(some: slice) -> None:
        put_columns(values[:, some], places, mean[some], 1 / std[some], columns[some])

    for_slices(put, len(columns), threads, COLUMNS_A_PASS)


def draw_resamples(n_resamples: int, n_blocks: int, seed: int, neuron: int) -> NDArray[np.float32]:
    """(n_resamples, n_blocks) how often each block is in each resample, of as many as there are."""
    drawn = np.random.default_rng([seed, neuron]).integers(0, n_blocks, (n_resamples, n_blocks))
    counts = np.zeros((n_resamples, n_blocks), np.float32)
    np.add.at(counts, (np.arange(n_resamples)[:, None], drawn), 1)
    return counts


def moments_of(counts: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariances of candidates and neuron in resamples.

    Parameters
    ----------
    counts
        (R, n_blocks).
    sums
        (n_blocks, c + 2, c + 2) from `block_sums`.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        (R, c + 1, c + 1) covariances, the neuron last, and (R, c + 1) standard deviations; 0 of what does not vary.
    """
    totals = (counts @ sums.reshape(len(sums), -1)).reshape(-1, *sums.shape[1:])
    size = sums.shape[1] - 1
    covariance = np.empty((len(totals), size, size), np.float32)
    covariances_of(totals, covariance)
    variance = np.einsum("rii->ri", covariance)
    return covariance, np.sqrt(np.where(variance > SMALLEST_VARIANCE, variance, 0))


def standardised(covariance: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gram matrices (R, c, c), covariances with the neuron (R, c) and its variance (R,), divided by `std`.

    What has a `std` of 0 has a variance of 1 and no covariance.
    """
    inverse = np.divide(1, std, out=np.zeros_like(std), where=std > 0)
    covariance = covariance * (inverse[:, :, None] * inverse[:, None, :])  # so that rounding leaves it symmetric
    candidates = slice(0, covariance.shape[1] - 1)
    grams = np.ascontiguousarray(covariance[:, candidates, candidates])
    resample, still = np.nonzero(std[:, candidates] == 0)
    grams[resample, still, still] = 1
    return grams, np.ascontiguousarray(covariance[:, -1, candidates]), covariance[:, -1, -1]
