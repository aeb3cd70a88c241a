"""Sums over blocks of random images, and the moments of resamples that are put together of them, are those of rows."""

import numpy as np
import pytest

from linexp.fitting import resampled
from linexp.fitting.resampled import Scale, block_sums, draw_blocks, draw_resamples, moments_of, standardised

N, M = 700, 12


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    p = (rng.random((N, M)) ** 4 + 5).astype(np.float32)
    q = (rng.normal(size=(N, 3)) * [1, 100, 1e-3] + [0, 1e3, 0]).astype(np.float32)
    return p, q


def _scale(p, q) -> Scale:
    return Scale(*(np.asarray(part, np.float64) for part in (p.mean(0), p.std(0), q.mean(0), q.std(0))))


CANDIDATES = [np.array([0, 3, 4]), np.array([11]), np.arange(M)]


@pytest.mark.parametrize("at_once", [1, 1000, 1 << 25])
@pytest.mark.parametrize("threads", [1, 3])
def test_sums_are_those_of_the_rows_of_each_block(data, at_once, threads, monkeypatch):
    p, q = data
    monkeypatch.setattr(resampled, "VALUES_AT_ONCE", at_once)
    scale, blocks = _scale(p, q), draw_blocks([str(row) for row in range(N)], 0)
    rows = zip(np.array_split(p, 7), np.array_split(q, 7), strict=True)
    sums = block_sums(rows, blocks, scale, CANDIDATES, threads)
    for neuron, own in enumerate(CANDIDATES):
        of_neuron = (q[:, neuron] - scale.q_mean[neuron]) / scale.q_std[neuron]
        columns = np.column_stack([np.ones(N), (p[:, own] - scale.p_mean[own]) / scale.p_std[own], of_neuron])
        for block in range(resampled.BLOCKS):
            part = columns[blocks == block]
            np.testing.assert_allclose(sums[neuron][block], part.T @ part, rtol=1e-4, atol=1e-4)


def test_blocks_are_random_and_as_large_as_each_other_but_for_one_image():
    blocks = draw_blocks([f"{row:05}" for row in range(1234)], 0)
    sizes = np.bincount(blocks)
    assert (len(sizes), sizes.min(), sizes.max()) == (50, 24, 25)
    assert abs(np.corrcoef(blocks, np.arange(1234))[0, 1]) < 0.1
    assert abs(np.corrcoef(blocks[1:], blocks[:-1])[0, 1]) < 0.1
    assert (blocks != draw_blocks([f"{row:05}" for row in range(1234)], 1)).any()


def test_images_of_the_same_content_are_in_the_same_block():
    contents = [str(row % 150) for row in range(400)]
    blocks = draw_blocks(contents, 0)
    assert all(len({*blocks[row::150]}) == 1 for row in range(150))
    assert len({*blocks}) == 50


def test_there_are_no_more_blocks_than_images():
    assert sorted(draw_blocks(list("abc"), 0)) == [0, 1, 2]


def test_each_resample_has_as_many_blocks_as_there_are_and_depends_on_the_seed_and_the_neuron():
    counts = draw_resamples(200, 50, 1, 2)
    assert (counts.sum(axis=1) == 50).all() and counts.mean() == 1
    assert counts.var() == pytest.approx(1 - 1 / 50, abs=0.05)
    np.testing.assert_array_equal(counts, draw_resamples(200, 50, 1, 2))
    for other in ((2, 2), (1, 3)):
        assert (counts != draw_resamples(200, 50, *other)).any()


def test_moments_of_a_resample_are_those_of_its_rows_repeated(data):
    p, q = data
    p, own = p.copy(), CANDIDATES[0]
    blocks = draw_blocks([str(row) for row in range(N)], 0)
    p[:, 3] = np.where(blocks == 7, p[:, 3], 5.25)  # constant where block 7 is not drawn
    scale = _scale(p, q)
    sums = block_sums([(p, q)], blocks, scale, CANDIDATES)[0]
    counts = draw_resamples(20, 50, 0, 0)
    covariance, std = moments_of(counts, sums)
    grams, covariances, variances = standardised(covariance, std)
    still = counts[:, 7] == 0
    assert 0 < still.sum() < 20
    np.testing.assert_array_equal(grams, grams.transpose(0, 2, 1))  # else the elastic net does not converge
    for number, times in enumerate(counts):
        rows = np.repeat(np.arange(N), times[blocks].astype(int))
        columns = np.column_stack([p[rows][:, own], q[rows, 0]]).astype(np.float64)
        units = np.append(scale.p_std[own], scale.q_std[0])
        expected = columns.std(axis=0) / units
        expected[1] = 0 if still[number] else expected[1]
        np.testing.assert_allclose(std[number], expected, rtol=1e-4)
        with np.errstate(divide="ignore", invalid="ignore"):
            correlation = np.nan_to_num(np.corrcoef(columns.T))
        if still[number]:
            correlation[1, :] = correlation[:, 1] = 0
            correlation[1, 1] = 1
        np.testing.assert_allclose(grams[number], correlation[:3, :3], atol=1e-5)
        np.testing.assert_allclose(covariances[number], correlation[3, :3], atol=1e-5)
        assert variances[number] == pytest.approx(1, abs=1e-5)
