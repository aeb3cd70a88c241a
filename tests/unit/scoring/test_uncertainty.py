"""Standard errors and bootstrap intervals are those of textbooks and of scipy, and cover what they should."""

import numpy as np
import pytest
from scipy import stats

from linexp.scoring import uncertainty
from linexp.scoring.uncertainty import bootstrap_means, mean_intervals


def _columns(seed: int, n: int) -> np.ndarray:
    """A symmetric, a skewed and a heavy-tailed column."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(2, 0.5, n), rng.exponential(0.2, n), rng.standard_t(3, n)])


@pytest.mark.parametrize("n", [12, 200])
def test_intervals_agree_with_those_of_scipy(n):
    values = _columns(0, n)
    means = mean_intervals(values, 1)
    rng = np.random.default_rng(2)
    result = stats.bootstrap((values,), np.mean, n_resamples=40_000, method="percentile", axis=0, rng=rng, batch=2000)
    error = values.std(axis=0) / np.sqrt(n)  # of a bootstrapped mean; its quantiles at 2.5 % are known to 0.027 of it
    assert np.all(np.abs(means.low - result.confidence_interval.low) < 0.1 * error)
    assert np.all(np.abs(means.high - result.confidence_interval.high) < 0.1 * error)
    np.testing.assert_allclose(means.mean, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(means.se, stats.sem(values), rtol=1e-12)


def test_intervals_cover_the_true_mean_about_19_times_out_of_20():
    values = np.random.default_rng(3).normal(0.3, 1, (50, 400))  # 400 samples of 50 neurons
    means = mean_intervals(values, 4)
    below, above = np.mean(means.high < 0.3), np.mean(means.low > 0.3)
    assert 0.005 < below < 0.06 and 0.005 < above < 0.06
    assert 0.03 < below + above < 0.09


def test_bootstrapped_means_are_spread_like_means_of_samples_with_replacement():
    values = _columns(5, 40)
    means = bootstrap_means(values, 6, resamples=20_000)
    assert means.shape == (20_000, 3)
    error = values.std(axis=0) / np.sqrt(40)
    assert np.all(np.abs(means.mean(axis=0) - values.mean(axis=0)) < 4 * error / np.sqrt(20_000))
    np.testing.assert_allclose(means.std(axis=0), error, rtol=0.03)


def test_every_bootstrapped_mean_is_of_as_many_values_as_there_are():
    """Counts of draws are whole, and sum to n: seen in columns that each hold one value."""
    counts = 7 * bootstrap_means(np.eye(7), 7, resamples=3000)
    np.testing.assert_allclose(counts, counts.round(), atol=1e-12)
    np.testing.assert_allclose(counts.sum(axis=1), 7)
    for column in counts.T.round().astype(int):
        observed = np.bincount(column, minlength=8)[:5]
        expected = 3000 * stats.binom.pmf(range(5), 7, 1 / 7)
        assert np.all(np.abs(observed - expected) < 5 * np.sqrt(expected) + 5)


def test_columns_are_drawn_together():
    values = _columns(8, 30)
    values[:, 1] = values[:, 0] + 3
    means = bootstrap_means(values, 9, resamples=500)
    np.testing.assert_allclose(means[:, 1], means[:, 0] + 3)


def test_the_draws_depend_on_the_seed_and_not_on_the_memory_they_may_take(monkeypatch):
    values = _columns(10, 25)
    whole = bootstrap_means(values, 11)
    assert not np.array_equal(whole, bootstrap_means(values, 12))
    monkeypatch.setattr(uncertainty, "_COUNTS_PER_BLOCK", 25 * 7)
    np.testing.assert_allclose(bootstrap_means(values, 11), whole, rtol=1e-12, atol=1e-14)
    monkeypatch.setattr(uncertainty, "_COUNTS_PER_BLOCK", 1)
    assert bootstrap_means(values, 11, resamples=4).shape == (4, 3)


@pytest.mark.filterwarnings("error")
def test_what_has_no_spread_has_no_interval():
    varied = np.arange(5.0)
    means = mean_intervals(np.column_stack([varied, np.full(5, 0.1), np.full(5, np.nan), 2 * varied]), 13)
    np.testing.assert_allclose(means.mean, [2, 0.1, np.nan, 4])
    for part in means[1:]:
        np.testing.assert_array_equal(np.isnan(part), [False, True, True, False])
    np.testing.assert_allclose(2 * means.low[0], means.low[3])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_values_have_no_interval(n):
    means = mean_intervals(np.full((n, 2), 0.4), 14)
    np.testing.assert_array_equal(means.mean, np.full(2, 0.4 if n else np.nan))
    assert np.isnan(means[1:]).all()
