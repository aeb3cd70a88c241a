"""Neurons that are known combinations of concepts are explained by just these, through moments and `explain`."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.literal import literal_fit, standardised
from helpers.summed import cross_moments, second_moments
from linexp.fitting import linear
from linexp.fitting.elastic_net import elastic_net
from linexp.fitting.linear import Problem, best_concept, explain

SETTINGS = {"lambda": 0.05, "alpha": 0.99, "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02}}
N_TRAIN, N_VAL, N_CONCEPTS, N_NEURONS = 3500, 500, 60, 60


def _pseudo_labels(rng: np.random.Generator, n: int, m: int = N_CONCEPTS) -> np.ndarray:
    """P like that of an image-text model: mostly near 0, sometimes near 1, related concepts correlated; float32."""
    topics = rng.normal(size=(n, 6)) @ rng.normal(size=(6, m)) / np.sqrt(6)
    logits = 3 * (0.6 * topics + 0.8 * rng.normal(size=(n, m))) - rng.uniform(1, 4, m)
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def _problem(p: np.ndarray, q: np.ndarray, n_train: int = N_TRAIN) -> Problem:
    """P (n, m) and Q (n, n_neurons) with train in front and val behind it, in uneven blocks."""

    def moments_of(rows: slice):
        blocks = np.array_split(p[rows], 3)
        of_p = second_moments(blocks)
        return of_p, cross_moments(blocks, np.array_split(q[rows], 3), of_p.mean)

    (train, train_q), (val, val_q) = moments_of(slice(n_train)), moments_of(slice(n_train, None))
    return Problem(
        concepts=[f"concept {j}" for j in range(p.shape[1])],
        neurons=np.arange(100, 100 + q.shape[1], dtype=np.int32),
        train=train,
        val=val,
        train_q=train_q,
        val_q=val_q,
        p_std=p[:n_train].std(axis=0, dtype=np.float64),
        q_std=q[:n_train].std(axis=0, dtype=np.float64),
    )


def _columns(explanation) -> list[int]:
    return [int(name.split()[1]) for name in explanation.concepts]


def _prediction(p: np.ndarray, explanation) -> np.ndarray:
    return p[:, _columns(explanation)].astype(np.float64) @ explanation.weights + explanation.bias


@pytest.fixture(scope="module")
def p() -> np.ndarray:
    return _pseudo_labels(np.random.default_rng(0), N_TRAIN + N_VAL)


@pytest.fixture(scope="module")
def planted(p) -> np.ndarray:
    """(N_CONCEPTS, N_NEURONS) positive weights of 2 to 5 concepts that matter about equally, larger for rare ones."""
    rng = np.random.default_rng(1)
    weights = np.zeros((N_CONCEPTS, N_NEURONS))
    for neuron in range(N_NEURONS):
        concepts = rng.permutation(N_CONCEPTS)[: 2 + neuron % 4]
        weights[concepts, neuron] = rng.uniform(0.8, 1.2, len(concepts)) / p[:, concepts].std(axis=0)
    return weights


BIAS = np.linspace(-3, 3, N_NEURONS)


def _activations(p: np.ndarray, planted: np.ndarray, noise: float) -> np.ndarray:
    """Planted activations with noise of `noise` standard deviations of the signal."""
    signal = p @ planted
    return signal + BIAS + noise * signal.std(axis=0) * np.random.default_rng(2).normal(size=signal.shape)


def _relative_errors(explanations, planted: np.ndarray) -> np.ndarray:
    """Of the weights of all planted concepts that were found."""
    errors = []
    for neuron, explanation in enumerate(explanations):
        for column, weight in zip(_columns(explanation), explanation.weights, strict=True):
            if planted[column, neuron]:
                errors.append(abs(weight / planted[column, neuron] - 1))
    return np.array(errors)


def _share_recovered(explanations, planted: np.ndarray) -> float:
    """Share of neurons whose concepts are just the planted ones."""
    exact = [
        set(_columns(explanation)) == set(np.flatnonzero(planted[:, neuron]))
        for neuron, explanation in enumerate(explanations)
    ]
    return float(np.mean(exact))


def test_concepts_weights_and_bias_are_exact_without_noise(p, planted):
    explanations = explain(_problem(p, _activations(p, planted, 0.0)), SETTINGS)
    assert _share_recovered(explanations, planted) == 1
    assert _relative_errors(explanations, planted).max() < 1e-6
    np.testing.assert_allclose([e.bias for e in explanations], BIAS, atol=1e-6)
    np.testing.assert_allclose([e.val_correlation for e in explanations], 1, atol=1e-6)
    assert {e.status for e in explanations} == {"ok"}
    assert [e.neuron for e in explanations] == list(range(100, 100 + N_NEURONS))


def test_all_concepts_are_found_where_noise_is_a_tenth_of_the_signal(p, planted):
    explanations = explain(_problem(p, _activations(p, planted, 0.1)), SETTINGS)
    assert _share_recovered(explanations, planted) == 1
    errors = _relative_errors(explanations, planted)
    assert errors.max() < 0.03 and np.median(errors) < 0.005
    np.testing.assert_allclose([e.bias for e in explanations], BIAS, atol=0.05)


def test_nearly_all_concepts_are_found_where_noise_is_half_of_the_signal(p, planted):
    explanations = explain(_problem(p, _activations(p, planted, 0.5)), SETTINGS)
    assert _share_recovered(explanations, planted) >= 0.95
    errors = _relative_errors(explanations, planted)
    assert errors.max() < 0.12 and np.median(errors) < 0.02
    np.testing.assert_allclose([e.bias for e in explanations], BIAS, atol=0.25)
    best_possible = 1 / np.sqrt(1 + 0.5**2)
    np.testing.assert_allclose([e.val_correlation for e in explanations], best_possible, atol=0.04)


def test_weights_and_bias_are_the_least_squares_of_raw_p_on_train(p, planted):
    q = _activations(p, planted, 0.5)
    for neuron, explanation in enumerate(explain(_problem(p, q), SETTINGS)):
        weights, intercept = literal_fit(p[:N_TRAIN].astype(np.float64), q[:N_TRAIN, neuron], _columns(explanation))
        np.testing.assert_allclose(explanation.weights, weights, rtol=1e-6)
        assert explanation.bias == pytest.approx(intercept, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("settings", [SETTINGS, {"lambda": 0.05, "alpha": 0.99, "top_k": 3}])
def test_the_prediction_from_p_has_the_reported_correlation_on_val(p, planted, settings):
    q = _activations(p, planted, 0.5)
    for neuron, explanation in enumerate(explain(_problem(p, q), settings)):
        measured = np.corrcoef(_prediction(p[N_TRAIN:], explanation), q[N_TRAIN:, neuron])[0, 1]
        assert explanation.val_correlation == pytest.approx(measured, abs=1e-6)


def test_concepts_come_by_descending_weight(p, planted):
    explanations = explain(_problem(p, _activations(p, planted, 0.1)), SETTINGS)
    assert all(e.weights == sorted(e.weights, reverse=True) for e in explanations)
    assert max(len(e.weights) for e in explanations) == 5


def test_scaling_and_shifting_a_neuron_scales_its_weights_and_shifts_its_bias(p, planted):
    q = _activations(p, planted, 0.1)[:, :8]
    plain = explain(_problem(p, q), SETTINGS)
    changed = explain(_problem(p, 50 * q + 7), SETTINGS)
    for before, after in zip(plain, changed, strict=True):
        assert before.concepts == after.concepts
        np.testing.assert_allclose(after.weights, 50 * np.array(before.weights), rtol=1e-9)
        assert after.bias == pytest.approx(50 * before.bias + 7, rel=1e-8, abs=1e-6)
        assert after.val_correlation == pytest.approx(before.val_correlation)


def test_the_scale_that_is_standardised_by_matters_to_the_choice_only(p, planted):
    """`paper_parity` standardises by all images: whatever the scale, weights are the least squares of P itself."""
    q = _activations(p, planted, 0.1)
    problem = _problem(p, q)
    other = replace(problem, p_std=1.1 * problem.p_std, q_std=0.9 * problem.q_std)
    for neuron, explanation in enumerate(explain(other, SETTINGS)):
        weights, intercept = literal_fit(p[:N_TRAIN].astype(np.float64), q[:N_TRAIN, neuron], _columns(explanation))
        np.testing.assert_allclose(explanation.weights, weights, rtol=1e-6)
        assert explanation.bias == pytest.approx(intercept, rel=1e-6, abs=1e-6)


def test_constant_neurons_are_named_so_and_leave_the_others_as_they_are(p, planted):
    q = _activations(p, planted, 0.1)[:, :4]
    still = np.full((len(q), 1), 2.5)
    still_on_val, still_on_train = q[:, :1].copy(), q[:, :1].copy()
    still_on_val[N_TRAIN:] = 1
    still_on_train[:N_TRAIN] = 1
    nearly_still = 1000 + 1e-5 * q[:, :1]
    dead = np.zeros((len(q), 1))
    mixed = np.hstack([still, q[:, :2], dead, still_on_val, still_on_train, nearly_still, q[:, 2:]])
    explanations = explain(_problem(p, mixed), SETTINGS)
    assert [e.status for e in explanations] == [
        "constant", "ok", "ok", "constant", "constant", "constant", "constant", "ok", "ok",
    ]  # fmt: skip
    assert [e.neuron for e in explanations] == list(range(100, 109))
    for constant, bias in ((0, 2.5), (3, 0.0), (5, 1.0)):
        assert explanations[constant].concepts == () and explanations[constant].val_correlation is None
        assert explanations[constant].bias == pytest.approx(bias)
    for place, alone in zip((1, 2, 7, 8), explain(_problem(p, q), SETTINGS), strict=True):
        assert explanations[place].concepts == alone.concepts
        np.testing.assert_allclose(explanations[place].weights, alone.weights, rtol=1e-10)


def test_a_neuron_that_turns_around_on_val_is_unexplained(p):
    q = standardised(p[:, :3]).sum(axis=1, keepdims=True)
    q[N_TRAIN:] *= -1
    (explanation,) = explain(_problem(p[:, :1], q), SETTINGS)
    assert (explanation.status, list(explanation.concepts)) == ("unexplained", [])
    assert explanation.bias == pytest.approx(q[:N_TRAIN].mean())
    assert explanation.val_correlation is None


def test_noise_is_explained_by_next_to_nothing(p):
    rng = np.random.default_rng(3)
    n_train = len(p) - 2000
    noise = rng.normal(size=(len(p), 40))
    explanations = explain(_problem(p, noise, n_train), SETTINGS)
    reached = [e.val_correlation or 0.0 for e in explanations]
    assert max(reached) < 0.2 and np.mean(reached) < 0.1
    # and on other images by nothing
    unseen = _pseudo_labels(np.random.default_rng(4), 4000)
    explained = [e for e in explanations if e.concepts]
    predictions = np.column_stack([_prediction(unseen, e) for e in explained])
    fresh = rng.normal(size=predictions.shape)
    assert abs((standardised(predictions) * standardised(fresh)).mean()) < 0.02


def test_top_k_takes_the_k_highest_elastic_net_weights(p, planted):
    q = _activations(p, planted, 0.5)
    x, y = standardised(p[:N_TRAIN]), standardised(q[:N_TRAIN])
    expected, _ = elastic_net(x.T @ x / N_TRAIN, y.T @ x / N_TRAIN, 0.05, 0.99)
    for neuron, explanation in enumerate(explain(_problem(p, q), {**SETTINGS, "top_k": 3})):
        highest = [j for j in np.argsort(-expected[neuron])[:3] if expected[neuron, j]]
        assert sorted(_columns(explanation)) == sorted(highest)


def test_weights_from_another_solver_are_used_in_place_of_the_exact_ones(p, planted):
    q = np.hstack([np.full((len(p), 1), 3.0), _activations(p, planted, 0.1)[:, :3]])
    problem = _problem(p, q)
    given = np.zeros((4, N_CONCEPTS))
    given[1, 7], given[2, 8], given[3, 9] = 1, 1, 1
    given[1:] -= 1e-3 * np.arange(N_CONCEPTS)
    only_the_first = {**SETTINGS, "greedy": {"max_concepts": 1, "width": 1, "tolerance": 0.02}}
    explanations = explain(problem, only_the_first, elastic_net_weights=given)
    assert [_columns(e) for e in explanations] == [[], [7], [8], [9]]
    assert [e.status for e in explanations] == ["constant", "ok", "ok", "ok"]


def test_a_neuron_whose_elastic_net_did_not_converge_says_so(p, planted, monkeypatch, capsys):
    monkeypatch.setattr(linear, "TOLERANCE", -1.0)
    explanations = explain(_problem(p, _activations(p, planted, 0.1)[:, :3]), SETTINGS)
    assert [e.status for e in explanations] == ["not_converged"] * 3
    assert all(e.concepts for e in explanations)
    assert "elastic net: 3 neurons, 3 of them not converged; optimality is violated by" in capsys.readouterr().err


def test_the_best_concept_is_the_one_that_correlates_most_on_val(p, planted):
    q = _activations(p, planted, 0.5)
    q[:, 3] = 1.25
    still_on_val = p.copy()
    still_on_val[N_TRAIN:, 5] = 0.25
    explanations = best_concept(_problem(still_on_val, q))
    for neuron, explanation in enumerate(explanations):
        if neuron == 3:
            assert explanation.status == "constant" and not explanation.concepts
            continue
        others = [j for j in range(N_CONCEPTS) if j != 5]
        correlations = [np.corrcoef(p[N_TRAIN:, j], q[N_TRAIN:, neuron])[0, 1] for j in others]
        assert _columns(explanation) == [others[int(np.argmax(correlations))]]
        assert explanation.weights == [1.0]
        assert explanation.val_correlation == pytest.approx(max(correlations), abs=1e-6)


def test_the_best_concept_of_a_neuron_that_correlates_with_none_is_none(p):
    few = p[:, :2]
    q = -few[:, :1] - few[:, 1:]
    (explanation,) = best_concept(_problem(few[:, :1], q))
    assert (explanation.status, list(explanation.concepts)) == ("unexplained", [])
