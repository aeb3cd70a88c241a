"""Ablation scores, against the literal formula, gradient descent as published, and a many-start search."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from helpers.layers import Layer, literal_alpha, literal_losses, made_up, noisy
from linexp.effects.ablation import Simulations, ablation_scores
from linexp.effects.losses import NO_EFFECT_BELOW, CrossEntropy
from linexp.effects.replaced_neuron import norm_scale
from linexp.effects.tail_losses import LinearTailLosses


def losses_of(layer: Layer) -> LinearTailLosses:
    return LinearTailLosses(layer.logits, layer.weight, layer.activations, CrossEntropy(layer.labels))


def scored(val: Layer, test: Layer, on_val: list, on_test: list, **options):
    """The scores by neuron and explanation."""
    neurons = range(val.activations.shape[1])
    return list(ablation_scores(losses_of(val), losses_of(test), neurons, Simulations(on_val, on_test), **options))


@pytest.fixture(scope="module")
def layers():
    """Val and test of one layer, and two simulations of each."""
    whole = made_up(0, n=800)
    halves = [
        Layer(whole.activations[s], whole.weight, whole.logits[s], whole.labels[s])
        for s in (slice(0, 300), slice(300, 800))
    ]
    return *halves, *([noisy(half, 1), noisy(half, 2)] for half in halves)


@pytest.fixture(scope="module")
def scores(layers):
    return scored(*layers)


def test_scores_are_the_literal_formula(layers, scores):
    val, test, on_val, on_test = layers
    for neuron, by_method in enumerate(scores):
        mean = val.activations[:, neuron].mean(dtype=np.float64)
        for s_val, s_test, score in zip(on_val, on_test, by_method, strict=True):
            alpha = literal_alpha(test, neuron, s_test[:, neuron], score.c, score.d, mean)
            assert score.optim == pytest.approx(alpha, abs=1e-6)
            q, s = val.activations[:, neuron].astype(float), s_val[:, neuron].astype(float)
            c = np.corrcoef(s, q)[0, 1] * q.std() / s.std()
            norm = literal_alpha(test, neuron, s_test[:, neuron], c, q.mean() - c * s.mean(), mean)
            assert score.norm == pytest.approx(norm, abs=1e-6)
            ablated = literal_losses(test, neuron, np.full(500, mean))
            before = literal_losses(test, neuron, test.activations[:, neuron])
            assert score.effect == pytest.approx(np.abs(ablated - before).mean(), abs=1e-7)


def adam(layer: Layer, neuron: int, s: np.ndarray) -> tuple[float, float]:
    """(c, d) as published: 100 steps from c = 1, d = 0 at a rate of 0.01."""
    logits, w, q, s = (
        torch.tensor(a, dtype=torch.float64)
        for a in (layer.logits, layer.weight[:, neuron], layer.activations[:, neuron], s)
    )
    labels = torch.tensor(layer.labels)
    before = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    scale = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([scale], lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        changed = logits + torch.outer(scale[0] * s + scale[1] - q, w)
        (torch.nn.functional.cross_entropy(changed, labels, reduction="none") - before).abs().mean().backward()
        optimiser.step()
    return tuple(scale.detach().numpy())


def test_optim_on_val_is_at_least_what_adam_and_norm_and_the_mean_reach():
    layer = made_up(5, n_neurons=16)
    simulations = [noisy(layer, 1), noisy(layer, 2), np.sqrt(layer.activations)]
    for neuron, by_method in enumerate(scored(layer, layer, simulations, simulations)):
        mean = layer.activations[:, neuron].mean(dtype=np.float64)
        for s, score in zip(simulations, by_method, strict=True):
            rival = literal_alpha(layer, neuron, s[:, neuron], *adam(layer, neuron, s[:, neuron]), mean)
            assert score.optim >= rival - 1e-7
            assert score.optim >= max(score.norm, score.constant, 0.0) - 1e-9


def test_search_finds_what_many_starts_find():
    layer = made_up(6, n_neurons=4)
    s = noisy(layer, 3)
    for neuron, (score,) in enumerate(scored(layer, layer, [s], [s])):
        mean = layer.activations[:, neuron].mean(dtype=np.float64)
        best = max(
            -minimize(
                lambda scale, k=neuron, mean=mean: -literal_alpha(layer, k, s[:, k], *scale, mean),
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-6, "fatol": 1e-10},
            ).fun
            for start in [(0, 0.5), (0.5, 0.2), (1, 0), (0.1, 0.8), (2, 0.3), (0.02, 0.3), (5, 0)]
        )
        assert score.optim == pytest.approx(best, abs=1e-5)


def test_best_constant_is_found():
    layer = made_up(7, n_neurons=4)
    s = noisy(layer, 3)
    for neuron, (score,) in enumerate(scored(layer, layer, [s], [s])):
        mean = layer.activations[:, neuron].mean(dtype=np.float64)
        grid = [literal_alpha(layer, neuron, s[:, neuron], 0.0, d, mean) for d in np.linspace(-1, 3, 401)]
        assert max(grid) - 1e-9 <= score.constant < max(grid) + 1e-3


def test_a_perfect_simulation_scores_one_whatever_its_scale(layers):
    val, test, _, _ = layers
    for factor, shift in ((1.0, 0.0), (-3.0, 2.0)):
        on_val, on_test = (factor * half.activations + np.float32(shift) for half in (val, test))
        for (score,) in scored(val, test, [on_val], [on_test]):
            assert score.optim == pytest.approx(1, abs=1e-6)
            assert score.norm == pytest.approx(1, abs=1e-6)


def test_a_constant_simulation_has_the_floor_and_no_norm(layers, scores):
    val, test, _, _ = layers
    constants = [np.zeros_like(half.activations) + 3 for half in (val, test)]
    for (score,), (other, _) in zip(scored(val, test, *[[c] for c in constants]), scores, strict=True):
        assert score.norm is None
        assert score.optim == score.constant == pytest.approx(other.constant, abs=1e-6)
        assert score.c == 0


def test_neurons_that_never_vary_or_have_no_effect_are_undefined(layers):
    val, test, on_val, on_test = layers
    still = [Layer(h.activations.copy(), h.weight.copy(), h.logits, h.labels) for h in (val, test)]
    for half in still:
        half.activations[:, 1] = 0.5
        half.weight[:, 2] = 0
    scores = scored(*still, on_val, on_test)
    for neuron in (1, 2):
        assert all((s.optim, s.norm, s.c, s.d, s.constant) == (None,) * 5 for s in scores[neuron])
    assert all(s.optim is not None for s in scores[0])


def test_a_neuron_without_an_effect_on_val_alone_is_one_without_an_effect(layers):
    val, test, on_val, on_test = layers
    still = Layer(val.activations.copy(), val.weight, val.logits, val.labels)
    still.activations[:, 1] = 0.5
    for score in scored(still, test, on_val, on_test)[1]:
        assert score.effect < NO_EFFECT_BELOW and score.optim is None


def test_an_outlier_of_the_simulation_widens_the_curve():
    layer = made_up(8)
    simulated = layer.activations.copy()
    simulated[7] = 15.0
    for neuron, (score,) in enumerate(scored(layer, layer, [simulated], [simulated])):
        mean = layer.activations[:, neuron].mean(dtype=np.float64)
        as_it_is = literal_alpha(layer, neuron, simulated[:, neuron], 1.0, 0.0, mean)
        assert score.optim >= as_it_is - 1e-6
        if as_it_is > 0.5:
            assert score.c * 15 + score.d > 1.5 * layer.activations[:, neuron].max(), "the curve had to reach that far"
            assert score.optim > score.norm + 0.1


def test_an_explanation_with_extreme_values_on_test_changes_no_other_score_and_has_its_own(layers, scores):
    val, test, on_val, on_test = layers
    wild_val, wild_test = 1e-6 * noisy(val, 9), 1e-6 * noisy(test, 9)
    wild_test[[3, 8]] = 1.0
    found = scored(val, test, [*on_val, wild_val], [*on_test, wild_test])
    for neuron, (alone, together) in enumerate(zip(scores, found, strict=True)):
        for one, other in zip(alone, together[:2], strict=True):
            assert (one.norm, one.optim) == pytest.approx((other.norm, other.optim), abs=1e-4)
            assert one.effect == pytest.approx(other.effect, abs=1e-9)
        mean, s = val.activations[:, neuron].mean(dtype=np.float64), wild_val[:, neuron].astype(float)
        c, d = np.polyfit(s, val.activations[:, neuron].astype(float), 1)
        expected = literal_alpha(test, neuron, wild_test[:, neuron], c, d, mean)
        assert together[2].norm == pytest.approx(expected, rel=1e-6)
    assert min(together[2].norm for together in found) < -1, "far out"


@pytest.mark.parametrize("temperature", [0.05, 20.0])
def test_a_sharp_or_a_flat_temperature_has_scores(layers, temperature):
    val, test, on_val, on_test = layers
    certain = [Layer(h.activations, h.weight, h.logits, h.logits.argmax(axis=1)) for h in (val, test)]
    losses = [LinearTailLosses(h.logits, h.weight, h.activations, CrossEntropy(h.labels, temperature)) for h in certain]
    found = ablation_scores(*losses, [0, 1], Simulations([s[:, :2] for s in on_val], [s[:, :2] for s in on_test]))
    for neuron, by_method in enumerate(found):
        mean = val.activations[:, neuron].mean(dtype=np.float64)
        for s, score in zip(on_test, by_method, strict=True):
            values = score.c * s[:, neuron].astype(float) + score.d
            before, changed, ablated = (
                literal_losses(certain[1], neuron, v, temperature)
                for v in (test.activations[:, neuron], values, np.full(len(values), mean))
            )
            alpha = 1 - np.abs(changed - before).sum() / np.abs(ablated - before).sum()
            assert score.optim == pytest.approx(alpha, abs=1e-6)


def test_norm_alone_takes_no_curves_and_is_the_same(layers, scores):
    for alone, both in zip(scored(*layers, optimise=False), scores, strict=True):
        for one, other in zip(alone, both, strict=True):
            assert one.norm == pytest.approx(other.norm, abs=1e-7)
            assert (one.optim, one.constant, one.c, one.nodes) == (None, None, None, 0)


def test_scores_do_not_depend_on_threads_or_on_who_else_is_scored(layers, scores):
    val, test, on_val, on_test = layers
    assert scored(*layers, threads=3) == scores
    alone = list(
        ablation_scores(
            losses_of(val),
            losses_of(test),
            [5],
            Simulations([on_val[1][:, [5]]], [on_test[1][:, [5]]]),
        )
    )
    assert alone[0][0].norm == pytest.approx(scores[5][1].norm, abs=1e-7)
    assert alone[0][0].optim == pytest.approx(scores[5][1].optim, abs=1e-3)


def test_norm_scale_is_least_squares():
    rng = np.random.default_rng(0)
    s, q = rng.normal(size=50), rng.normal(size=50)
    assert norm_scale(s, q) == pytest.approx(np.polyfit(s, q, 1))
    assert norm_scale(np.full(50, 0.1), q) is None
