"""The ridge on moments has the weights that scikit-learn has on raw rows, and the strength that is best on val."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from helpers.judged import Layer, two_views
from linexp.fitting.linear import standardised_moments
from linexp.fitting.ridge import STRENGTHS, ridge

N_TRAIN, N_CONCEPTS, N_NEURONS = 300, 40, 9


@pytest.fixture(scope="module", params=[np.float64, np.float32])
def layer(request) -> Layer:
    """Neurons from sums of all concepts to next to nothing but noise, so that several strengths are best."""
    rng = np.random.default_rng(0)
    p, other = two_views(rng, 700, N_CONCEPTS)
    signal = p @ rng.normal(size=(N_CONCEPTS, N_NEURONS))
    q = 3 + signal + signal.std(axis=0) * np.geomspace(0.01, 30, N_NEURONS) * rng.normal(size=(700, N_NEURONS))
    return Layer(*(values.astype(request.param) for values in (p, other, q)), (N_TRAIN, 500))


def fitted(layer: Layer, strength: float, neuron: int) -> tuple[np.ndarray, float]:
    """Weights of scikit-learn, and their correlation on val."""
    p, q = layer.p.astype(np.float64), layer.q[:, neuron].astype(np.float64)
    train, val = slice(layer.ends[0]), slice(*layer.ends)
    z = (p - p[train].mean(axis=0)) / p[train].std(axis=0)
    fit = Ridge(alpha=strength * N_TRAIN).fit(z[train], (q[train] - q[train].mean()) / q[train].std())
    return fit.coef_, np.corrcoef(fit.predict(z[val]), q[val])[0, 1]


@pytest.mark.parametrize("threads", [1, 3])
def test_weights_and_strengths_are_those_of_scikit_learn_on_raw_rows(layer, threads):
    problem = layer.problem()
    weights, strengths = ridge(*standardised_moments(problem, ~problem.constant(), threads), threads)
    assert weights.dtype == layer.p.dtype
    for neuron in range(N_NEURONS):
        by_strength = {strength: fitted(layer, strength, neuron) for strength in STRENGTHS}
        best = max(by_strength, key=lambda strength: by_strength[strength][1])
        assert strengths[neuron] == best
        np.testing.assert_allclose(
            weights[neuron], by_strength[best][0], atol=2e-3 if problem.train.covariance.dtype == np.float32 else 1e-9
        )
    assert len(set(strengths)) > 2


def test_copies_share_the_weight_of_one():
    rng = np.random.default_rng(1)
    p, other = two_views(rng, 700, 6)
    p[:, 1] = p[:, 0]
    q = (p[:, :1] + 0.1 * rng.normal(size=(700, 1))).astype(np.float32)
    problem = Layer(p, other, q, (N_TRAIN, 500)).problem()
    weights, _ = ridge(*standardised_moments(problem, ~problem.constant(), 1))
    assert weights[0, 0] == pytest.approx(weights[0, 1], rel=1e-3) and weights[0, 0] > 0.4
