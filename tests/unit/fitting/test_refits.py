"""Refitted random sets have the weights that other libraries give them on raw data."""

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import Ridge

from helpers.judged import Layer, two_views
from helpers.literal import literal_fit
from linexp.explanations import Explanation
from linexp.fitting.refits import as_they_are, refitted
from linexp.scoring.chance import draw_sets

N_TRAIN, N_CONCEPTS, N_NEURONS = 500, 14, 5


@pytest.fixture(scope="module")
def layer() -> Layer:
    rng = np.random.default_rng(0)
    p, other = two_views(rng, 700, N_CONCEPTS)
    q = p @ rng.normal(size=(N_CONCEPTS, N_NEURONS)) + rng.normal(size=(700, N_NEURONS))
    return Layer(p, other, q.astype(np.float32), (N_TRAIN, 600))


@pytest.fixture(scope="module")
def sets() -> np.ndarray:
    return draw_sets(N_CONCEPTS, 6, 1, n_sets=40)


def _same_direction(found: np.ndarray, expected: np.ndarray) -> None:
    """Weights of a neuron are meant up to a factor."""
    np.testing.assert_allclose(found / np.linalg.norm(found), expected / np.linalg.norm(expected), atol=2e-5)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_without_a_ridge_they_are_least_squares(layer, sets, k):
    weights = refitted(layer.problem(), sets)(k, np.arange(N_NEURONS))
    assert weights.shape == (40, N_NEURONS, k)
    for number, chosen in enumerate(sets[:, :k]):
        for neuron in range(N_NEURONS):
            expected, _ = literal_fit(layer.p[:N_TRAIN].astype(float), layer.q[:N_TRAIN, neuron], list(chosen))
            _same_direction(weights[number, neuron], np.asarray(expected))


def test_with_a_ridge_they_are_those_of_scikit_learn_on_standardised_concepts(layer, sets):
    weights = refitted(layer.problem(), sets, ridge=0.1)(4, np.array([3, 1]))
    for number, chosen in enumerate(sets[:, :4]):
        p = layer.p[:N_TRAIN, chosen].astype(float)
        for place, neuron in enumerate((3, 1)):
            fit = Ridge(alpha=0.1 * N_TRAIN).fit((p - p.mean(axis=0)) / p.std(axis=0), layer.q[:N_TRAIN, neuron])
            _same_direction(weights[number, place], fit.coef_ / p.std(axis=0))


def test_without_negative_weights_they_are_those_of_scipy(layer, sets):
    weights = refitted(layer.problem(), sets, ridge=0.01, positive=True)(5, np.arange(N_NEURONS))
    some_are_zero = False
    for number, chosen in enumerate(sets[:, :5]):
        p = layer.p[:N_TRAIN, chosen].astype(float)
        z, q = (p - p.mean(axis=0)) / p.std(axis=0), layer.q[:N_TRAIN].astype(float)
        q = (q - q.mean(axis=0)) / q.std(axis=0)
        matrix = np.vstack([z / np.sqrt(N_TRAIN), 0.1 * np.eye(5)])
        for neuron in range(N_NEURONS):
            expected, _ = nnls(matrix, np.append(q[:, neuron] / np.sqrt(N_TRAIN), np.zeros(5)))
            np.testing.assert_allclose(weights[number, neuron] * p.std(axis=0), expected, atol=2e-5)
            some_are_zero |= bool((expected == 0).any() and (expected > 0).any())
    assert some_are_zero and (weights >= 0).all()


def test_copies_in_a_set_share_the_weight_of_one(layer):
    p = layer.p.copy()
    p[:, 1] = p[:, 0]
    twins = Layer(p, p, layer.q, layer.ends)
    sets = np.array([[0, 1, 2]])
    both = refitted(twins.problem(), sets)(3, np.arange(N_NEURONS))[0]
    alone = refitted(twins.problem(), np.array([[0, 2]]))(2, np.arange(N_NEURONS))[0]
    np.testing.assert_allclose(both[:, 0], both[:, 1], rtol=1e-3)
    np.testing.assert_allclose(np.column_stack([both[:, 0] + both[:, 1], both[:, 2]]), alone, rtol=1e-3)


def test_weights_that_are_not_fitted_are_those_of_the_explanation():
    explained = [Explanation(0, ["a"], [2.0]), Explanation(1), Explanation(2, ["b", "a", "b"], [3.0, 1.0, 0.5])]
    weights = as_they_are(explained)
    np.testing.assert_array_equal(weights(1, np.array([0])), [[[2.0]]])
    np.testing.assert_array_equal(weights(2, np.array([2, 2])), [[[3.5, 1.0], [3.5, 1.0]]])
