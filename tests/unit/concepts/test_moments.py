"""Moments in one pass over blocks equal those of the whole matrix, also where columns are badly scaled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.summed import cross_moments, second_moments
from linexp.concepts.moments import TILE, CrossMomentsSum, MomentsSum

PRECISION = {np.float32: 2e-6, np.float64: 1e-13}


def _blocks(values: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1])


def _cross(p_blocks, p_mean: np.ndarray, q: np.ndarray):
    """Cross moments of blocks of P and the same rows of Q."""
    p_blocks = list(p_blocks)
    return cross_moments(p_blocks, _blocks(q, list(map(len, p_blocks))), p_mean)


def _matrix(seed: int, n: int, m: int, dtype=np.float64) -> np.ndarray:
    """Correlated columns on very different scales."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, m)) @ rng.normal(size=(m, m))
    return (values * 10 ** rng.uniform(-2, 2, m) + rng.normal(size=m)).astype(dtype)


def _exact_covariance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(columns of y, columns of x), in extended precision."""
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    return ((y - y.mean(axis=0)).T @ (x - x.mean(axis=0)) / len(x)).astype(np.float64)


sizes = st.lists(st.integers(1, 30), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=sizes,
    m=st.integers(1, 8),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_moments_of_blocks_are_those_of_the_whole_matrix(seed, sizes, m, dtype):
    values = _matrix(seed, sum(sizes), m, dtype)
    moments = second_moments(iter(_blocks(values, sizes)))
    expected = np.atleast_2d(np.cov(values.astype(np.float64).T, bias=True))
    scale = np.abs(values).max(axis=0).astype(np.float64) + 1e-30
    assert moments.count == len(values)
    near = PRECISION[dtype]
    np.testing.assert_allclose(moments.mean / scale, values.mean(axis=0, dtype=np.float64) / scale, atol=near)
    np.testing.assert_allclose(
        moments.covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=near
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=sizes,
    m=st.integers(1, 6),
    n_neurons=st.integers(1, 4),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_cross_moments_of_blocks_are_those_of_the_whole_matrix(seed, sizes, m, n_neurons, dtype):
    both = _matrix(seed, sum(sizes), m + n_neurons, dtype)
    p, q = both[:, :m], both[:, m:]
    cross = _cross(_blocks(p, sizes), p.mean(axis=0, dtype=np.float64), q)
    p_scale, q_scale = np.abs(p).max(axis=0).astype(float), np.abs(q).max(axis=0).astype(float)
    near = PRECISION[dtype]
    np.testing.assert_allclose(cross.mean / q_scale, q.mean(axis=0, dtype=np.float64) / q_scale, atol=near)
    np.testing.assert_allclose(cross.variance / q_scale**2, q.var(axis=0, dtype=np.float64) / q_scale**2, atol=near)
    np.testing.assert_array_equal(cross.largest, q_scale)
    scale = np.outer(q_scale, p_scale)
    np.testing.assert_allclose(cross.covariance / scale, _exact_covariance(p, q) / scale, atol=near)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 7, 100, 4096, 10_000])
def test_the_size_of_the_blocks_does_not_matter(rows, dtype):
    p, q = _matrix(0, 10_000, 6, dtype), _matrix(1, 10_000, 3, dtype)
    pieces = [p[begin : begin + rows] for begin in range(0, len(p), rows)]
    whole, parts = second_moments([p]), second_moments(pieces)
    near = 100 * PRECISION[dtype] if rows == 1 else PRECISION[dtype]
    p_scale, q_scale = np.sqrt(np.diag(whole.covariance)), q.std(axis=0, dtype=np.float64)
    np.testing.assert_allclose(parts.mean / p_scale, whole.mean / p_scale, atol=near)
    scale = np.outer(p_scale, p_scale)
    np.testing.assert_allclose(parts.covariance / scale, whole.covariance / scale, atol=near)
    in_one, in_parts = _cross([p], whole.mean, q), _cross(pieces, whole.mean, q)
    scale = np.outer(q_scale, p_scale)
    np.testing.assert_allclose(in_parts.covariance / scale, in_one.covariance / scale, atol=near)
    np.testing.assert_allclose(in_parts.variance, in_one.variance, rtol=near)


def test_a_small_variance_beside_a_large_mean_is_right():
    """Sums of squares in float32 lose such a variance altogether, in float64 without a shift half of its digits."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(20_000, 4)) @ rng.normal(size=(4, 4))
    p = (0.5 + 1e-4 * values).astype(np.float32)
    q = (1000 + 1e-2 * (values[:, :2] + rng.normal(size=(20_000, 2)))).astype(np.float32)
    blocks = np.array_split(p, 7)
    moments = second_moments(blocks)
    np.testing.assert_allclose(moments.covariance, _exact_covariance(p, p), rtol=2e-6)
    cross = _cross(blocks, moments.mean, q)
    np.testing.assert_allclose(cross.covariance, _exact_covariance(p, q), rtol=2e-5, atol=1e-12)
    np.testing.assert_allclose(cross.variance, q.astype(np.longdouble).var(axis=0).astype(np.float64), rtol=2e-6)


def test_a_first_block_that_is_unlike_the_rest_costs_no_precision():
    rng = np.random.default_rng(3)
    p = np.concatenate([np.full((10, 3), 0.9), 1e-3 * rng.normal(size=(5000, 3))])
    moments = second_moments([p[:10], p[10:]])
    np.testing.assert_allclose(moments.covariance, _exact_covariance(p, p), rtol=1e-9, atol=1e-15)


def test_a_constant_column_has_no_variance():
    p = np.full((100, 3), 0.3, np.float32)
    p[:, 1] = np.linspace(0, 1, 100)
    moments = second_moments(np.array_split(p, 4))
    assert np.abs(moments.covariance[[0, 2]]).max() < 1e-14
    cross = _cross(np.array_split(p, 4), moments.mean, p)
    assert cross.variance[0] < 1e-14 < cross.variance[1]


def test_the_blocks_are_left_as_they_were():
    p = _matrix(4, 50, 3)
    before = p.copy()
    second_moments([p])
    _cross([p], p.mean(axis=0), p)
    np.testing.assert_array_equal(p, before)


def test_more_columns_than_are_mirrored_at_once():
    values = _matrix(5, 300, TILE + 40)
    moments = second_moments(np.array_split(values, 3))
    np.testing.assert_allclose(moments.covariance, np.cov(values.T, bias=True), rtol=1e-9, atol=1e-7)
    np.testing.assert_array_equal(moments.covariance, moments.covariance.T)


def test_the_number_of_threads_does_not_matter():
    p, q = _matrix(6, 300, TILE + 40, np.float32), _matrix(7, 300, 600, np.float32)
    found = []
    for threads in (1, 3):
        of_p, of_q = MomentsSum(p.shape[1], threads), CrossMomentsSum(p.mean(axis=0, dtype=np.float64), threads)
        of_p.add(p)
        of_q.add(p, q)
        found.append((of_p.moments(), of_q.moments()))
    for one, other in zip(*found, strict=True):
        for name, values in vars(one).items():
            np.testing.assert_array_equal(values, getattr(other, name))


def test_moments_of_nothing_are_an_error():
    for sums in (MomentsSum(3), CrossMomentsSum(np.zeros(3))):
        with pytest.raises(ValueError, match="no rows"):
            sums.moments()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neurons_that_are_never_but_0_are_left_out_of_products_and_have_no_covariance(dtype):
    """In the first product, and again in one in which others are silent."""
    p, q = _matrix(1, 10_000, 5, dtype), np.maximum(_matrix(2, 10_000, 40, dtype), 0)
    q[:, ::2], q[:5000, 1] = 0, 0
    moments = _cross(np.split(p, 5), p.mean(axis=0, dtype=np.float64), q)
    expected, scale = _exact_covariance(p, q), np.outer(q.std(axis=0) + (q.std(axis=0) == 0), p.std(axis=0))
    np.testing.assert_allclose(moments.covariance / scale, expected / scale, rtol=0, atol=PRECISION[dtype] * 10)
    assert not moments.covariance[::2].any() and not moments.variance[::2].any()
