"""The elastic net on moments equals other solvers on raw data, and its certificate can be trusted."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet

from helpers.literal import literal_objective, literal_violation, standardised
from linexp.fitting.elastic_net import TOLERANCE, elastic_net, objective
from linexp.fitting.glm_saga import glm_saga_weights

QUICK = settings(max_examples=60, deadline=None)


def _problem(seed: int, n: int, m: int, n_neurons: int, correlated: float, noise: float = 1.0):
    """Standardised P (n, m), whose columns share `correlated` of their variance, and standardised Q (n, n_neurons)."""
    rng = np.random.default_rng(seed)
    p = np.sqrt(1 - correlated) * rng.normal(size=(n, m)) + np.sqrt(correlated) * rng.normal(size=(n, 1))
    mixing = rng.normal(size=(m, n_neurons)) * (rng.random((m, n_neurons)) < 0.4)
    return standardised(p), standardised(p @ mixing + noise * rng.normal(size=(n, n_neurons)))


def _moments(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return p.T @ p / len(p), q.T @ p / len(p)


def _by_sklearn(p: np.ndarray, q: np.ndarray, lam: float, alpha: float) -> np.ndarray:
    model = ElasticNet(alpha=lam, l1_ratio=alpha, fit_intercept=False, tol=1e-14, max_iter=100_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it goes on until rounding stops it
        return np.array([model.fit(p, neuron).coef_ for neuron in q.T])


problems = st.builds(
    _problem,
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(5, 60),
    m=st.integers(1, 25),
    n_neurons=st.integers(1, 3),
    correlated=st.sampled_from([0.0, 0.5, 0.9]),
    noise=st.sampled_from([0.1, 1.0]),
)
lambdas = st.floats(1e-3, 1.5)
alphas = st.sampled_from([0.5, 0.9, 0.99])


@pytest.mark.parametrize("n, m", [(300, 40), (500, 12), (40, 60)])
@pytest.mark.parametrize("correlated", [0.0, 0.6, 0.95])
@pytest.mark.parametrize("lam, alpha", [(0.05, 0.99), (0.005, 0.99), (0.3, 0.5)])
def test_weights_equal_those_of_scikit_learn(n, m, correlated, lam, alpha):
    p, q = _problem(n + m, n, m, 4, correlated)
    weights, violations = elastic_net(*_moments(p, q), lam, alpha)
    assert violations.max() <= TOLERANCE
    np.testing.assert_allclose(weights, _by_sklearn(p, q, lam, alpha), atol=2e-7)
    assert np.any(weights)


@QUICK
@given(problem=problems, lam=lambdas, alpha=alphas)
def test_weights_equal_those_of_scikit_learn_on_any_problem(problem, lam, alpha):
    p, q = problem
    weights, _ = elastic_net(*_moments(p, q), lam, alpha)
    np.testing.assert_allclose(weights, _by_sklearn(p, q, lam, alpha), atol=1e-5)


@QUICK
@given(problem=problems, lam=lambdas, alpha=st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_the_certificate_is_the_violation_of_the_optimality_conditions(problem, lam, alpha):
    gram, targets = _moments(*problem)
    weights, violations = elastic_net(gram, targets, lam, alpha)
    assert violations.max() <= TOLERANCE
    for w, target in zip(weights, targets, strict=True):
        assert literal_violation(w, gram, target, lam, alpha) <= TOLERANCE + 1e-13


def test_the_certificate_is_exact_where_the_solver_stops_early():
    gram, targets = _moments(*_problem(5, 200, 30, 6, 0.5))
    weights, violations = elastic_net(gram, targets, 0.02, 0.99, tolerance=0.05)
    expected = [literal_violation(w, gram, t, 0.02, 0.99) for w, t in zip(weights, targets, strict=True)]
    np.testing.assert_allclose(violations, expected, atol=1e-13)
    assert violations.max() > 1e-3


@QUICK
@given(problem=problems, lam=lambdas, alpha=alphas, seed=st.integers(0, 2**32 - 1))
def test_no_other_weights_have_a_lower_objective(problem, lam, alpha, seed):
    gram, targets = _moments(*problem)
    weights, _ = elastic_net(gram, targets, lam, alpha)
    reached = objective(weights, gram, targets, lam, alpha)
    rng = np.random.default_rng(seed)
    for size in (1e-4, 1e-2, 1.0):
        other = weights + size * rng.normal(size=weights.shape) * (rng.random(weights.shape) < 0.5)
        assert np.all(objective(other, gram, targets, lam, alpha) >= reached - 1e-12)


def test_the_objective_is_that_of_the_raw_arrays():
    p, q = _problem(3, 80, 9, 5, 0.5)
    weights = np.random.default_rng(4).normal(size=(5, 9))
    weights[1] = 0
    expected = [literal_objective(w, p, neuron, 0.07, 0.8) for w, neuron in zip(weights, q.T, strict=True)]
    np.testing.assert_allclose(objective(weights, *_moments(p, q), 0.07, 0.8), expected, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 0.99])
def test_equal_columns_get_equal_weights(alpha):
    p, q = _problem(11, 300, 8, 5, 0.3)
    p[:, 5], p[:, 7] = p[:, 2], p[:, 2]
    weights, violations = elastic_net(*_moments(p, q), 0.03, alpha)
    np.testing.assert_allclose(weights[:, [5, 7]], weights[:, [2, 2]], atol=1e-12)
    assert np.abs(weights[:, 2]).max() > 0.01
    assert violations.max() <= TOLERANCE


def test_copies_of_a_column_share_its_weight():
    p, q = _problem(12, 300, 6, 4, 0.3)
    copied = np.column_stack([p, p[:, 0], p[:, 0]])
    alone, _ = elastic_net(*_moments(p, q), 0.05, 1.0)
    shared, violations = elastic_net(*_moments(copied, q), 0.05, 1.0)
    assert violations.max() <= TOLERANCE
    np.testing.assert_allclose(shared[:, [0, 6, 7]].sum(axis=1), alone[:, 0], atol=1e-7)
    np.testing.assert_allclose(shared[:, 1:6], alone[:, 1:], atol=1e-7)


@pytest.mark.parametrize("n, m", [(200, 20), (15, 40)])
def test_a_lasso_is_as_good_as_that_of_scikit_learn(n, m):
    p, q = _problem(21, n, m, 4, 0.5)
    gram, targets = _moments(p, q)
    weights, violations = elastic_net(gram, targets, 0.05, 1.0)
    theirs = _by_sklearn(p, q, 0.05, 1.0)
    gap = objective(weights, gram, targets, 0.05, 1.0) - objective(theirs, gram, targets, 0.05, 1.0)
    assert np.abs(gap).max() < 1e-10
    assert violations.max() <= TOLERANCE


def test_a_lambda_as_large_as_the_largest_covariance_leaves_no_weight():
    gram, targets = _moments(*_problem(31, 200, 20, 4, 0.5))
    largest = np.abs(targets).max()
    nothing, violations = elastic_net(gram, targets, largest / 0.99 * (1 + 1e-9), 0.99)
    something, _ = elastic_net(gram, targets, largest / 0.99 * 0.98, 0.99)
    assert not nothing.any() and np.all(violations == 0)
    assert np.count_nonzero(something) >= 1


def test_no_penalty_gives_least_squares():
    p, q = _problem(41, 200, 10, 3, 0.5)
    weights, violations = elastic_net(*_moments(p, q), 0.0, 0.99)
    np.testing.assert_allclose(weights, np.linalg.lstsq(p, q, rcond=None)[0].T, atol=1e-9)
    assert violations.max() <= TOLERANCE


@pytest.mark.parametrize("covariance", [0.8, -0.8, 0.03])
def test_one_concept_has_the_closed_solution(covariance):
    weights, _ = elastic_net(np.ones((1, 1)), np.array([[covariance]]), 0.05, 0.9)
    expected = np.sign(covariance) * max(abs(covariance) - 0.045, 0) / 1.005
    np.testing.assert_allclose(weights, [[expected]], atol=1e-12)


@pytest.mark.parametrize("alpha", [0.6, 0.99])
def test_columns_on_other_scales_than_one_are_solved_as_they_are(alpha):
    """`paper_parity` standardises by all images, so the diagonal of the Gram matrix of train is not quite 1."""
    p, q = _problem(51, 300, 15, 4, 0.4)
    p *= np.linspace(0.3, 2.5, 15)
    weights, violations = elastic_net(*_moments(p, q), 0.05, alpha)
    np.testing.assert_allclose(weights, _by_sklearn(p, q, 0.05, alpha), atol=1e-6)
    assert violations.max() <= TOLERANCE


def test_a_column_that_never_varies_gets_no_weight():
    p, q = _problem(61, 200, 10, 3, 0.4)
    p[:, 4] = 0
    rest = np.delete(np.arange(10), 4)
    for alpha in (0.9, 1.0):
        weights, _ = elastic_net(*_moments(p, q), 0.05, alpha)
        without, _ = elastic_net(*_moments(p[:, rest], q), 0.05, alpha)
        assert not weights[:, 4].any()
        np.testing.assert_allclose(weights[:, rest], without, atol=1e-9)


def test_a_neuron_has_the_same_weights_alone_and_among_others():
    gram, targets = _moments(*_problem(71, 300, 20, 6, 0.5))
    together, _ = elastic_net(gram, targets, 0.05, 0.99)
    for number in range(6):
        alone, _ = elastic_net(gram, targets[number : number + 1], 0.05, 0.99)
        np.testing.assert_array_equal(alone[0], together[number])


def test_the_arguments_are_left_as_they_were():
    gram, targets = _moments(*_problem(81, 100, 10, 3, 0.5))
    gram_before, targets_before = gram.copy(), targets.copy()
    elastic_net(gram, targets, 0.05, 0.99)
    np.testing.assert_array_equal(gram, gram_before)
    np.testing.assert_array_equal(targets, targets_before)


def _published(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """glm-saga run to convergence; its usual step is made for 35,000 images and too short for 400."""
    return glm_saga_weights(p, q, 0.05, 0.99, batch_size=50, epochs=300, learning_rate=0.1)


@pytest.fixture(scope="module")
def small_problem() -> tuple[np.ndarray, np.ndarray]:
    return _problem(91, 400, 15, 4, 0.2)


@pytest.fixture(scope="module")
def published(small_problem) -> np.ndarray:
    return _published(*small_problem)


def test_the_weights_agree_with_the_published_solver(small_problem, published):
    weights, _ = elastic_net(*_moments(*small_problem), 0.05, 0.99)
    np.testing.assert_allclose(published, weights, atol=1e-4)


def test_lambda_is_that_of_the_published_solver_to_less_than_the_alpha_it_divides_by(small_problem, published):
    gram, targets = _moments(*small_problem)

    def distance(lam: float) -> float:
        return np.abs(published - elastic_net(gram, targets, lam, 0.99)[0]).max()

    assert distance(0.05) < 0.5 * min(distance(0.05 / 0.99), distance(0.05 * 0.99))


def test_the_exact_objective_is_never_above_that_of_the_published_solver(small_problem, published):
    gram, targets = _moments(*small_problem)
    weights, _ = elastic_net(gram, targets, 0.05, 0.99)
    exact = objective(weights, gram, targets, 0.05, 0.99)
    theirs = objective(published, gram, targets, 0.05, 0.99)
    assert np.all(exact <= theirs + 1e-9)
    assert np.all(theirs <= exact + 1e-6)


def test_lambda_means_the_same_to_the_published_solver_for_one_neuron_and_for_four(small_problem, published):
    p, q = small_problem
    for number in range(4):
        np.testing.assert_allclose(_published(p, q[:, number : number + 1])[0], published[number], atol=1e-4)
