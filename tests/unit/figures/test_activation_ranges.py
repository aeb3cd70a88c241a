"""Which images stand for which range of a neuron's activation."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.figures.activation_ranges import IMAGES_PER_RANGE, activation_ranges


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3000), distinct=st.integers(2, 1000))
def test_ranges_partition_the_images_by_descending_activation(seed, n, distinct):
    activations = np.random.default_rng(seed).integers(-3, distinct, n).astype(np.float32)
    ranges = activation_ranges(activations, seed)
    assert sum(row.size for row in ranges) == n
    for higher, lower in pairwise(ranges):
        assert higher.low >= lower.high
    for row in ranges:
        assert len(row.images) == len(set(row.images.tolist())) == min(IMAGES_PER_RANGE, row.size)
        shown = activations[row.images]
        assert (np.diff(shown) <= 0).all()
        assert row.low <= shown.min() <= shown.max() <= row.high
    everything = np.concatenate([row.images for row in ranges])
    assert len(set(everything.tolist())) == len(everything)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (50_000, {"Top 0.01 %": 5, "Top 0.01–0.1 %": 45, "Top 0.1–1 %": 450, "Top 1–10 %": 4500}),
        (10_000, {"Top 0.01 %": 1, "Top 0.01–0.1 %": 9, "Top 0.1–1 %": 90, "Top 1–10 %": 900}),
        (4000, {"Top 0.1 %": 4, "Top 0.1–1 %": 36, "Top 1–10 %": 360}),
        (240, {"Top 1 %": 2, "Top 1–10 %": 22}),
        (20, {"Top 10 %": 2}),
    ],
)
def test_a_range_without_a_whole_image_is_merged_with_the_next(n, expected):
    ranges = activation_ranges(np.arange(n)[::-1], 0)
    assert {row.label: row.size for row in ranges[:-1]} == expected
    assert ranges[-1].label == "Others, at random"
    first = ranges[0]
    assert first.images[0] == 0
    assert first.images[-1] == first.size - 1


def test_the_random_row_depends_on_the_seed_alone():
    activations = np.random.default_rng(0).random(1000)
    rows = [activation_ranges(activations, seed)[-1].images.tolist() for seed in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]


def test_a_constant_neuron_has_one_random_row():
    (row,) = activation_ranges(np.full(50, 0.5), 0)
    assert (row.label, row.size, row.low, row.high) == ("At random", 50, 0.5, 0.5)
