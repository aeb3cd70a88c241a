"""What comes by chance, against permutations and sets one by one."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from linexp.scoring.chance import DRAWS, SetMoments, against_sets, draw_sets, permutation_p


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.astype(float), b.astype(float))[0, 1])


def test_the_p_of_a_permutation_test_is_the_share_of_all_permutations():
    rng = np.random.default_rng(0)
    s, q = rng.normal(size=(2, 7, 5)).astype(np.float32)
    found = permutation_p(s, q, 1, permutations=20_000)
    for neuron in range(5):
        observed = _correlation(s[:, neuron], q[:, neuron])
        exact = np.mean(
            [_correlation(s[:, neuron], q[list(o), neuron]) >= observed - 1e-9 for o in permutations(range(7))]
        )
        assert found[neuron] == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


def test_a_permutation_test_agrees_with_scipy_on_sparse_neurons():
    """Ties are many: most permutations leave no active image where the concept is."""
    rng = np.random.default_rng(1)
    s = (rng.random((300, 6)) < 0.05).astype(np.float32)
    q = np.where(rng.random((300, 6)) < 0.02, 1.0, 0.0).astype(np.float32)
    q[:3] = s[:3] = 1
    found = permutation_p(s, q, 0, permutations=5000)
    for neuron in range(6):
        theirs = stats.permutation_test(
            (s[:, neuron], q[:, neuron]), _correlation, permutation_type="pairings", n_resamples=3000,
            alternative="greater", rng=np.random.default_rng(2),
        ).pvalue  # fmt: skip
        assert found[neuron] == pytest.approx(theirs, abs=5 * float(np.sqrt(theirs / 3000)))


@pytest.mark.filterwarnings("error")
def test_what_is_constant_has_no_p_and_what_is_perfect_the_lowest():
    rng = np.random.default_rng(2)
    q = rng.normal(size=(40, 3)).astype(np.float32)
    s = q.copy()
    s[:, 1] = 0.3
    q[:, 2] = 5
    np.testing.assert_array_equal(permutation_p(s, q, 0), [1 / (1 + DRAWS), np.nan, np.nan])


def test_the_p_of_a_neuron_depends_on_no_other_neuron_and_no_thread():
    s, q = np.random.default_rng(3).normal(size=(2, 50, 40))
    whole = permutation_p(s, q, 5)
    np.testing.assert_array_equal(permutation_p(s[:, [7, 33]], q[:, [7, 33]], 5), whole[[7, 33]])
    np.testing.assert_array_equal(permutation_p(s, q, 5, threads=3), whole)


def test_sets_are_random_and_so_are_their_beginnings():
    sets = draw_sets(12, 5, 0, n_sets=6000)
    assert all(len(set(row)) == 5 for row in sets.tolist())
    for place in range(5):
        assert stats.chisquare(np.bincount(sets[:, place], minlength=12)).pvalue > 1e-3
    pairs = np.bincount(np.minimum(*sets[:, :2].T) * 12 + np.maximum(*sets[:, :2].T))
    assert stats.chisquare(pairs[pairs > 0]).pvalue > 1e-3 and (pairs > 0).sum() == 66
    assert draw_sets(12, 0, 0).shape == (DRAWS, 0)


@pytest.fixture(scope="module")
def drawn():
    """P, activations, sets and weights (n_sets, n_neurons, k) for each length."""
    rng = np.random.default_rng(4)
    p = (rng.random((200, 9)) ** 4).astype(np.float32)
    p[:, 8] = 0.25
    q = (p[:, :6] + rng.normal(size=(200, 6))).astype(np.float32)
    return p, q, draw_sets(9, 4, 0, n_sets=150), {k: rng.normal(size=(150, 6, k)) for k in range(1, 5)}


def _by_hand(p, q, sets, weights) -> np.ndarray:
    """(n_sets, n_neurons) correlations of what sets simulate; 0 where that does not vary."""
    found = np.zeros(weights.shape[:2])
    for number, of_set in enumerate(weights):
        for neuron, w in enumerate(of_set):
            s = p[:, sets[number, : len(w)]].astype(float) @ w
            found[number, neuron] = _correlation(s, q[:, neuron]) if np.ptp(s) > 1e-6 else 0.0
    return found


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("k", [1, 2, 4])
def test_correlations_of_sets_on_moments_are_those_of_their_simulations(drawn, k):
    p, q, sets, weights = drawn
    moments = SetMoments.of(p, q, sets)
    np.testing.assert_allclose(
        moments.correlations(weights[k], np.arange(6)), _by_hand(p, q, sets, weights[k]), atol=2e-6
    )
    few = moments.correlations(weights[k][:, [4, 1]], np.array([4, 1]))
    np.testing.assert_allclose(few, _by_hand(p, q, sets, weights[k])[:, [4, 1]], atol=2e-6)


@pytest.mark.filterwarnings("error")
def test_each_explanation_is_compared_with_sets_of_its_own_length(drawn):
    p, q, sets, weights = drawn
    lengths, correlations = np.array([1, 4, 2, 0, 4, 3]), np.array([0.05, 0.0, -0.1, np.nan, 0.3, np.nan])
    found = against_sets(
        SetMoments.of(p, q, sets), lengths, correlations, lambda k, neurons: weights[k][:, neurons], threads=2
    )
    for neuron in range(6):
        if np.isnan(correlations[neuron]):
            assert np.isnan([part[neuron] for part in found]).all()
            continue
        reached = _by_hand(p, q, sets, weights[lengths[neuron]])[:, neuron]
        assert found.p[neuron] == pytest.approx((1 + (reached >= correlations[neuron]).sum()) / 151)
        assert found.mean[neuron] == pytest.approx(reached.mean(), abs=1e-5)
        assert found.p95[neuron] == pytest.approx(np.quantile(reached, 0.95), abs=1e-5)


def test_a_set_that_is_the_explanation_itself_reaches_it(drawn):
    """So no p is lower than the number of sets that there are allows, whatever rounding does."""
    p, q, _, _ = drawn
    sets, weights = draw_sets(9, 1, 0, n_sets=900), np.ones((1, 6, 1))
    own = np.array([_correlation(p[:, neuron], q[:, neuron]) for neuron in range(6)])
    found = against_sets(SetMoments.of(p, q, sets), np.ones(6, int), own, lambda k, neurons: weights[:, neurons])
    itself = (sets == np.arange(6)).sum(axis=0)
    assert (found.p >= (1 + itself) / 901 - 1e-12).all()


def test_whole_images_are_permuted_with_all_their_places():
    rng = np.random.default_rng(4)
    s, q = rng.normal(size=(2, 6, 3, 4)).astype(np.float32)
    q += rng.normal(size=(6, 1, 4)).astype(np.float32)  # so that the places of an image go together
    s += 0.5 * q
    found = permutation_p(s.reshape(18, 4), q.reshape(18, 4), 1, permutations=20_000, places=3)
    for neuron in range(4):
        observed = _correlation(s[..., neuron].ravel(), q[..., neuron].ravel())
        reached = [
            _correlation(s[..., neuron].ravel(), q[list(o)][..., neuron].ravel()) for o in permutations(range(6))
        ]
        exact = np.mean(np.array(reached) >= observed - 1e-9)
        assert found[neuron] == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))
