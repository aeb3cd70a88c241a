"""What the explorer computes and ships: intervals, images, neighbours, scripts."""

import base64

import numpy as np
import pytest
from PIL import Image

from helpers.explorer_data import handed_over
from linexp.explanations import Explanation
from linexp.explorer.intervals import correlations_with_intervals
from linexp.explorer.neighbours import activation_correlations, explanation_cosines, nearest, sparse_correlations
from linexp.explorer.scripts import packed, short, write_script
from linexp.explorer.thumbnails import thumbnail
from linexp.figures.shown_images import MOST_IMAGES, SAMPLE, candidates, sample_rows, top_images


def test_the_interval_of_a_correlation_is_that_of_the_bootstrap():
    rng = np.random.default_rng(0)
    n = 1500
    x = rng.gamma(0.5, size=(n, 2))  # heavy-tailed, as activations are
    y = x * [0.5, -0.3] + rng.gamma(0.5, size=(n, 2))
    found = correlations_with_intervals(x, y)
    for column in range(2):
        assert found.value[column] == pytest.approx(np.corrcoef(x[:, column], y[:, column])[0, 1], abs=1e-12)
        drawn = rng.integers(0, n, (2000, n))
        resampled = [np.corrcoef(x[rows, column], y[rows, column])[0, 1] for rows in drawn]
        low, high = np.quantile(resampled, [0.025, 0.975])
        assert (found.low[column], found.high[column]) == pytest.approx((low, high), abs=0.012)


def test_the_interval_covers_the_true_correlation_in_95_of_100_samples():
    rng = np.random.default_rng(1)
    u, v = rng.exponential(size=(2, 300, 2000))
    found = correlations_with_intervals(u, u + v)
    covered = (found.low <= np.sqrt(0.5)) & (np.sqrt(0.5) <= found.high)
    assert 0.92 <= covered.mean() <= 0.97


def test_correlations_of_constant_columns_are_undefined_and_perfect_ones_are_sure():
    x = np.array([[1.0, 2.0, 5.0], [2.0, 2.0, 7.0], [4.0, 2.0, 6.0], [3.0, 2.0, 1.0]])
    found = correlations_with_intervals(x, x * [2.0, 1.0, -1.0])
    assert found.value[[0, 2]] == pytest.approx([1, -1]) and np.isnan(found.value[1])
    assert found.low[0] == pytest.approx(1) and found.high[2] == pytest.approx(-1)


def test_the_sample_is_of_test_images_seeded_and_bounded():
    test = np.arange(0, 9000, 3)
    sample = sample_rows(test, 0)
    assert len(sample) == SAMPLE and set(sample) <= set(test) and (np.diff(sample) > 0).all()
    assert (sample == sample_rows(test, 0)).all() and (sample != sample_rows(test, 1)).any()
    assert (sample_rows(test[:7], 0) == test[:7]).all()


def test_the_sample_comes_first_then_the_highest_images_then_others():
    n = 50_000
    sample = np.arange(1000)
    top = np.arange(10_000, 10_000 + 5 * 2048).reshape(2048, 5)
    chosen = candidates(sample, top, n, 0)
    assert chosen.sum() == MOST_IMAGES and chosen[sample].all()
    by_rank = [chosen[top[:, rank]].sum() for rank in range(5)]
    assert by_rank == [2048, 2048, 2048, MOST_IMAGES - 1000 - 3 * 2048, 0]
    assert candidates(sample, top[:10], n, 0).sum() == MOST_IMAGES
    assert candidates(sample[:5], np.array([[5, 6]]), 20, 0).all()


def test_the_highest_images_are_those_of_the_highest_activations_the_first_of_equal_ones():
    activations = np.array([[0, 3], [5, 3], [5, 1], [1, 0], [2, 3], [0, 0], [9, 0]], float)
    assert top_images(activations).tolist() == [[6, 1, 2, 4, 3], [0, 1, 4, 2, 3]]


def test_activations_are_correlated_over_blocks_as_numpy_does():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 100).astype(np.float32)
    x[:, 3] = 7
    found = activation_correlations([x[:200], x[200:]])
    np.testing.assert_allclose(found[:3, :3], np.corrcoef(x[:, :3].T.astype(float)), atol=1e-4)
    assert (found[3] == 0).all()


def test_sparse_activations_are_correlated_as_all_are_group_by_group():
    rng = np.random.default_rng(3)
    x = ((rng.random((900, 70)) < 0.05) * (rng.random((900, 1)) + rng.random((900, 70)))).astype(np.float32)
    x[:, 9] = 0
    found, all_of_them = sparse_correlations([x[:, :32], x[:, 32:64], x[:, 64:]]), activation_correlations([x])
    for places in (slice(0, 32), slice(32, 64), slice(64, 70)):
        np.testing.assert_allclose(found(places), all_of_them[places], rtol=0, atol=1e-5)
    expected = np.corrcoef(x[:, :9].T.astype(float))
    np.testing.assert_allclose(found(slice(0, 9))[:, :9], expected, rtol=0, atol=1e-12)


def test_explanations_are_alike_by_the_cosine_of_their_weights():
    explanations = [
        Explanation(0, ["a", "b"], [3.0, 4.0]),
        Explanation(1, ["b", "a"], [4.0, 3.0]),
        Explanation(2, ["b", "c"], [-1.0, 0.5]),
        Explanation(3),
    ]
    cosines = explanation_cosines(explanations)(slice(0, 4))
    np.testing.assert_array_equal(explanation_cosines(explanations)(slice(1, 3)), cosines[1:3])
    assert cosines[0, 1] == pytest.approx(1)
    assert cosines[0, 2] == pytest.approx(-4 / 5 / np.sqrt(1.25))
    assert (cosines[3] == 0).all()
    assert nearest(cosines[0], 0) == [(1, pytest.approx(1))] and nearest(cosines[3], 3) == []


def test_a_script_hands_over_its_value_and_holds_no_markup(tmp_path):
    value = {"name": '</script>\u2028"é', "quoted": "it's \\ \n", "none": None, "numbers": [1.5, 2]}
    write_script(tmp_path, "neurons/7", value)
    text = (tmp_path / "neurons/7.js").read_text("ascii")
    assert text.startswith('linexp.receive("neurons/7",') and "<" not in text
    assert handed_over(tmp_path, "neurons/7") == value
    with pytest.raises(ValueError):
        write_script(tmp_path, "x", float("nan"))


def test_numbers_are_packed_as_little_endian_float32_row_by_row():
    values = np.array([[1.0, 2.5], [-3.0, 1e-20]])
    assert np.frombuffer(base64.b64decode(packed(values)), "<f4") == pytest.approx(values.ravel())
    assert short(1.23456789) == 1.2346 and short(float("nan")) is None and short(None) is None


@pytest.mark.parametrize(("size", "expected"), [((500, 300), 128), ((90, 300), 90), ((64, 64), 64)])
def test_a_thumbnail_is_the_middle_square(size, expected):
    image = Image.new("RGB", size)
    image.paste((255, 0, 0), (size[0] // 2 - 20, size[1] // 2 - 20, size[0] // 2 + 20, size[1] // 2 + 20))
    small = thumbnail(image)
    assert small.size == (expected, expected)
    assert small.getpixel((expected // 2, expected // 2))[0] > 200
