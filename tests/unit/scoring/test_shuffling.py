"""Null control by shuffles: mismatched pairs, against all derangements by hand."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from linexp.scoring import shuffling
from linexp.scoring.shuffling import cross_correlations, crossed


def _pair(seed: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Simulations and activations that share a factor, and more of it in later neurons."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, 1)) * np.linspace(0, 2, k)
    return (
        (5 + shared + rng.normal(size=(n, k))).astype(np.float32),
        (shared + 2 * rng.normal(size=(n, k))).astype(np.float32),
    )


def shuffled_correlations(simulated: np.ndarray, activations: np.ndarray, *arguments, **more) -> tuple[float, float]:
    return shuffling.shuffled_correlations(crossed(simulated, activations), activations.shape[1], *arguments, **more)


def _correlations(simulated: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """(k, k) of every simulation with every neuron, one by one; 0 where undefined."""
    k = simulated.shape[1]
    varies = [np.ptp(simulated[:, i]) > 0 for i in range(k)], [np.ptp(activations[:, j]) > 0 for j in range(k)]
    return np.array(
        [
            [
                stats.pearsonr(simulated[:, i].astype(float), activations[:, j].astype(float)).statistic
                if varies[0][i] and varies[1][j]
                else 0.0
                for j in range(k)
            ]
            for i in range(k)
        ]
    )


@pytest.mark.filterwarnings("error")
def test_shuffles_are_those_of_all_derangements():
    simulated, activations = _pair(0, 60, 6)
    simulated[:, 2], activations[:, 4] = 1 / 3, 0
    correlations = _correlations(simulated, activations)
    means = [
        np.mean([correlations[order[j], j] for j in range(6)])
        for order in permutations(range(6))
        if all(order[j] != j for j in range(6))
    ]
    assert len(means) == 265
    mean, p95 = shuffled_correlations(simulated, activations, 1, shuffles=20_000)
    assert mean == pytest.approx(np.mean(means), abs=1e-9)
    assert np.quantile(means, 0.94) <= p95 <= np.quantile(means, 0.96)
    assert p95 > mean + 0.01


def test_true_pairs_stay_out_of_the_shuffles():
    activations = np.random.default_rng(2).normal(size=(4000, 12))
    mean, p95 = shuffled_correlations(activations, activations, 3)
    assert abs(mean) < 0.01 and p95 < 0.02


def test_two_neurons_can_only_be_exchanged_and_one_not_at_all():
    simulated, activations = _pair(4, 50, 2)
    correlations = _correlations(simulated, activations)
    exchanged = (correlations[0, 1] + correlations[1, 0]) / 2
    assert shuffled_correlations(simulated, activations, 5) == pytest.approx((exchanged, exchanged))
    assert np.isnan(shuffled_correlations(simulated[:, :1], activations[:, :1], 5)).all()


def test_shuffles_depend_on_the_seed_and_their_exact_mean_does_not():
    pair = _pair(6, 50, 9)
    first, again, other = (shuffled_correlations(*pair, seed) for seed in (7, 7, 8))
    assert first == again
    assert first[0] == other[0] and first[1] != other[1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("together", [1, 4, 9])
def test_correlations_in_blocks_are_those_of_each_pair(together):
    simulated, activations = _pair(8, 50, 9)
    simulated[:, 2], activations[:, 4] = 1 / 3, 0
    expected = _correlations(simulated, activations)
    expected[:, 4] = np.nan
    places = [slice(begin, begin + together) for begin in range(0, 9, together)]
    blocks = (activations[:, some] for some in places)
    found = list(cross_correlations(lambda: (simulated[:, some] for some in places), blocks, 9))
    np.testing.assert_allclose(np.hstack(found), expected, atol=1e-12)
    shuffled = shuffling.shuffled_correlations(found, 9, 3)
    assert shuffled == pytest.approx(shuffled_correlations(simulated, activations, 3), abs=1e-12)
