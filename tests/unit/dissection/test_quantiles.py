"""Quantiles of streams agree with numpy's on all values within the bound that is stated, in memory of one size."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from linexp.dissection.quantiles import QuantileSketch
from linexp.errors import LinexpError

BOUND = 2.0**-7

STREAMS = {
    "relu": lambda rng, n: np.maximum(rng.normal(size=n) - 0.5, 0),
    "signed": lambda rng, n: rng.normal(size=n),
    "negative": lambda rng, n: -rng.gamma(2, 3, n),
    "wide": lambda rng, n: np.exp(rng.normal(0, 4, n)) * rng.choice([-1, 1], n),
    "sparse": lambda rng, n: rng.gamma(1, 100, n) * (rng.random(n) < 0.01),
    "ties": lambda rng, n: rng.integers(-3, 4, n).astype(float),
}


def sketch_of(values: np.ndarray, sizes: list[int]) -> QuantileSketch:
    """A sketch of (n, streams, places) values that come in blocks of images."""
    sketch = QuantileSketch(values.shape[1])
    for block in torch.from_numpy(values).split(sizes):
        sketch.add(block)
    return sketch


def made_up(names: list[str], n: int, places: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    streams = [STREAMS[name](rng, n * places).reshape(n, places) for name in names]
    return np.stack(streams, axis=1).astype(np.float32)


def assert_close(found: torch.Tensor, values: np.ndarray, share: float) -> None:
    streams = values.astype(np.float64).transpose(1, 0, 2).reshape(values.shape[1], -1)
    exact = np.quantile(streams, share, axis=1)
    around = [np.abs(np.quantile(streams, share, axis=1, method=method)) for method in ("lower", "higher")]
    assert found.dtype == torch.float64 and found.shape == exact.shape
    assert (np.abs(found.numpy() - exact) <= BOUND * np.maximum(*around) + 2.0**-32).all()


@pytest.mark.parametrize("share", [0, 0.005, 0.5, 0.9, 0.995, 0.9999, 1])
def test_quantiles_agree_with_exact_ones_within_the_bound(share):
    values = made_up(list(STREAMS), 200, 9)
    assert_close(sketch_of(values, [64, 100, 36]).quantile(share), values, share)


def test_quantiles_of_smooth_streams_are_far_closer_than_the_bound():
    values = made_up(["relu", "signed"], 4000, 16)
    exact = np.quantile(values, 0.995, axis=(0, 2))
    np.testing.assert_allclose(sketch_of(values, [4000]).quantile(0.995), exact, rtol=5e-4)


@given(
    st.lists(st.floats(-(2.0**27), 2.0**27, width=32), min_size=1, max_size=40),
    st.floats(0, 1),
)
def test_any_short_stream_keeps_the_bound(numbers, share):
    values = np.array(numbers, np.float32).reshape(-1, 1, 1)
    assert_close(sketch_of(values, [len(values)]).quantile(share), values, share)


@pytest.mark.parametrize("constant", [0.0, -0.0, 1.7, -3.3, 1e-20, 7e9])
def test_a_constant_stream_is_exact(constant):
    values = np.full((50, 1, 4), constant, np.float32)
    assert sketch_of(values, [50]).quantile(0.995).item() == np.float32(constant)


def test_zero_is_exact_beside_other_values():
    values = np.zeros((1000, 1, 1), np.float32)
    values[:3, 0, 0] = 5, -5, 0.1
    assert sketch_of(values, [1000]).quantile(0.995).item() == 0


def test_blocks_and_their_order_do_not_matter():
    values = made_up(list(STREAMS), 60, 5)
    whole = sketch_of(values, [60]).quantile(0.97)
    assert torch.equal(sketch_of(values[::-1].copy(), [1] * 60).quantile(0.97), whole)


def test_many_streams_in_blocks_are_the_same_as_each_alone():
    values = made_up(["signed"] * 150, 30, 4)
    whole = sketch_of(values, [30]).quantile(0.9)
    alone = [sketch_of(values[:, [stream]], [30]).quantile(0.9).item() for stream in range(150)]
    assert whole.tolist() == alone


def test_memory_does_not_grow_and_2048_streams_fit_in_256_megabytes():
    sketch = QuantileSketch(16)
    before = sketch.nbytes
    for seed in range(5):
        sketch.add(torch.from_numpy(made_up(["wide"] * 16, 100, 49, seed)))
    assert sketch.nbytes == before
    assert 2048 / 16 * before < 256e6


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    values = np.zeros((3, 2, 4), np.float32)
    values[1, 1, 2] = bad
    with pytest.raises(LinexpError, match="activations: there are values that are not finite; check the model"):
        sketch_of(values, [1, 2]).quantile(0.995)
