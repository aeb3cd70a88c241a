"""Losses and their curves, against literal formulas and a network's gradient-free forward pass."""

import numpy as np
import pytest
import torch
from numpy.polynomial import chebyshev

from helpers.layers import literal_losses, made_up
from linexp.effects.loss_curves import coefficients, nodes, sample_curves
from linexp.effects.losses import CrossEntropy, Divergence
from linexp.effects.scale_search import series
from linexp.effects.tail_losses import LinearTailLosses


def test_losses_are_those_of_torch():
    layer = made_up(0)
    logits = torch.tensor(layer.logits, dtype=torch.float64)
    expected = torch.nn.functional.cross_entropy(logits / 1.3, torch.tensor(layer.labels), reduction="none")
    assert CrossEntropy(layer.labels, 1.3)(layer.logits) == pytest.approx(expected.numpy(), abs=1e-12)
    changed = logits + torch.randn(logits.shape, generator=torch.manual_seed(0), dtype=torch.float64)
    expected = torch.nn.functional.kl_div(
        torch.log_softmax(changed / 1.3, 1), torch.log_softmax(logits / 1.3, 1), reduction="none", log_target=True
    ).sum(1)
    assert Divergence(layer.logits, 1.3)(changed.numpy()) == pytest.approx(expected.numpy(), abs=1e-12)


def test_losses_of_some_of_the_images_are_those_of_these_images():
    layer, part = made_up(0), slice(40, 90)
    for loss in (CrossEntropy(layer.labels, 0.7), Divergence(layer.logits, 0.7)):
        changed = layer.logits + 1 * layer.logits[:, ::-1]
        assert loss(changed[part], part) == pytest.approx(loss(changed)[part], abs=1e-14)


@pytest.mark.parametrize("size", [1, 5, 511, 512, 513, 1500])
def test_series_at_each_images_own_place(size):
    rng = np.random.default_rng(size)
    values, places = rng.normal(size=(12, size)), rng.uniform(-1, 1, size)
    expected = [chebyshev.chebval(place, values[:, i]) for i, place in enumerate(places)]
    assert series(values, places) == pytest.approx(expected, abs=1e-12)


def test_coefficients_go_through_the_nodes_and_nodes_are_nested():
    values = np.random.default_rng(0).normal(size=(9, 4))
    through = chebyshev.chebval(nodes(8), coefficients(values)).T
    assert through == pytest.approx(values, abs=1e-12)
    assert nodes(16)[::2] == pytest.approx(nodes(8), abs=1e-15)


@pytest.mark.parametrize("temperature", [1.0, 1.7])
def test_linear_curves_are_the_loss_to_a_millionth(temperature):
    layer = made_up(1)
    losses = LinearTailLosses(layer.logits, layer.weight, layer.activations, CrossEntropy(layer.labels, temperature))
    means = layer.activations.mean(axis=0)
    curves = losses.curves(range(8), [(-2.0, 7.0)] * 8, means)
    for neuron, curve in enumerate(curves):
        for value in (-2.0, -0.3, 0.0, 1.234, 7.0):
            expected = literal_losses(layer, neuron, np.full(300, value), temperature)
            assert curve.at(np.array([[value]]))[0] == pytest.approx(expected, abs=1e-6)
        assert curve.at(layer.activations[:, neuron])[0] == pytest.approx(losses.base, abs=1e-6)


def test_linear_losses_at_values_far_out():
    layer = made_up(2)
    losses = LinearTailLosses(layer.logits, layer.weight, layer.activations, CrossEntropy(layer.labels))
    values = np.random.default_rng(0).uniform(-30, 60, (3, 300))
    (found,) = losses.at([5], [values])
    for row, expected in zip(found, values, strict=True):
        assert row == pytest.approx(literal_losses(layer, 5, expected), abs=1e-5)


def test_linear_divergence():
    layer = made_up(3)
    losses = LinearTailLosses(layer.logits, layer.weight, layer.activations, Divergence(layer.logits, 1.4))
    values = np.random.default_rng(0).uniform(-1, 4, (1, 300))
    changed = layer.logits + (values[0] - layer.activations[:, 2])[:, None] * layer.weight[:, 2]
    assert losses.at([2], [values])[0][0] == pytest.approx(Divergence(layer.logits, 1.4)(changed), abs=1e-6)
    assert losses.base == pytest.approx(np.zeros(300), abs=1e-12)


def kinked(x):
    return np.abs(x - 0.3) + np.abs(x - 1.1)


@pytest.mark.parametrize(("tolerance", "most", "expected"), [(1e-9, 33, 33), (1e-9, 65, 65), (0.5, 65, 17)])
def test_refinement_ends_at_the_tolerance_or_at_the_most_nodes(tolerance, most, expected):
    asked = []

    def sample(neurons, values):
        asked.extend(len(v) for v in values)
        return [kinked(v)[:, None] * np.array([1.0, 2.0]) for v in values]

    (curve,) = sample_curves(sample, [0], [(-2.0, 3.0)], [np.zeros(2)], [2.0], kinked(np.zeros(2)), tolerance, most)
    assert len(curve.coefficients) == expected == sum(asked), "every node is sampled once"
    exact = kinked(np.linspace(-2, 3, 500))
    error = np.abs(curve.at(np.linspace(-2, 3, 500)[:, None])[:, 0] - exact).mean()
    assert error < 3 * curve.error * np.abs(kinked(2.0) - kinked(0.0)), "measured where nodes are dense: at the ends"
