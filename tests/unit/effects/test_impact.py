"""Top Impact, against the literal Eq. 1-4."""

import numpy as np
import pytest

from helpers.layers import literal_losses, made_up
from linexp.effects import impact
from linexp.effects.layer import Outputs
from linexp.effects.losses import CrossEntropy
from linexp.effects.open_losses import OpenLayer


@pytest.fixture(scope="module")
def layer():
    return made_up(0, n=200)


def literal_top_impact(layer, neuron, temperature, beta):
    """Eq. 1-4 image by image."""
    n = len(layer.labels)
    before = literal_losses(layer, neuron, layer.activations[:, neuron], temperature)
    without = literal_losses(layer, neuron, np.zeros(n), temperature)
    new = layer.logits.astype(float) - np.outer(layer.activations[:, neuron], layer.weight[:, neuron]).astype(float)
    right = [int(layer.logits[i].argmax() == layer.labels[i]) for i in range(n)]
    still_right = [int(new[i].argmax() == layer.labels[i]) for i in range(n)]
    parts = []
    for i in range(n):
        accuracy = (right[i] - still_right[i]) / sum(right)
        loss = (before[i] - without[i]) / sum(before)
        parts.append((abs(accuracy - loss) / 2, abs(accuracy), abs(loss)))
    parts = np.array(parts)[sorted(range(n), key=lambda i: -layer.activations[i, neuron])]
    return parts[: max(1, round(beta * n))].sum(axis=0) / parts.sum(axis=0)


def table_of(layer, betas, threads=1):
    loss = CrossEntropy(layer.labels, 1.2)
    before = impact.Outcome.of(layer.logits, loss)
    without = impact.without_linear(layer.logits, layer.weight, layer.activations, loss, threads)
    return impact.impact_table(before, without, range(layer.activations.shape[1]), layer.activations, betas)


@pytest.mark.parametrize("threads", [1, 3])
def test_table_is_the_literal_formula(layer, threads):
    betas = (0.0003, 0.05, 0.3, 1.0)
    table = table_of(layer, betas, threads)
    assert list(table["neuron"]) == [neuron for neuron in range(8) for _ in betas]
    for row in table.itertuples():
        expected = literal_top_impact(layer, row.neuron, 1.2, row.beta)
        found = [row.top_impact, row.top_impact_accuracy, row.top_impact_loss]
        assert found == pytest.approx(expected, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_losses_are_as_exact_as_float64_is_whatever_the_blocks(monkeypatch, threads):
    monkeypatch.setattr(impact, "BLOCK_LOGITS", 50)
    monkeypatch.setattr(impact, "REMOVED_TOGETHER", 3)
    layer = made_up(1, n=70, n_classes=9)
    loss = CrossEntropy(layer.labels, 0.7)
    without = list(impact.without_linear(layer.logits, layer.weight, layer.activations, loss, threads))
    assert len(without) == 8
    for neuron, outcome in enumerate(without):
        expected = literal_losses(layer, neuron, np.zeros(70), 0.7)
        np.testing.assert_allclose(outcome.losses, expected, rtol=1e-12, atol=1e-14)
        logits = layer.logits.astype(float) - np.outer(
            layer.activations[:, neuron], layer.weight[:, neuron].astype(float)
        )
        np.testing.assert_array_equal(outcome.correct, logits.argmax(axis=1) == layer.labels)


def test_without_a_neuron_equal_logits_go_to_the_first_class_and_large_ones_do_not_overflow():
    logits = np.array([[3.0, 1.0, 0.0], [1.0, 4.0, 0.0], [0.0, 1e4, 0.0]], np.float32)
    weight, q = np.array([[2.0], [0.0], [0.0]], np.float32), np.array([[1.0], [-1.5], [5e3]], np.float32)
    loss = CrossEntropy(np.array([0, 1, 1]), 1.2)
    (outcome,) = impact.without_linear(logits, weight, q, loss)
    assert outcome.correct.tolist() == [True, False, True]  # 1 1 0, then 4 4 0
    two = np.log(2 + np.exp([-1 / 1.2, -4 / 1.2]))
    np.testing.assert_allclose(outcome.losses, [*two, 0], rtol=1e-14)


def test_all_images_have_all_impact_and_more_images_never_less(layer):
    betas = np.linspace(0.01, 1, 60)
    for _, rows in table_of(layer, betas).groupby("neuron"):
        assert rows["top_impact"].iloc[-1] == pytest.approx(1, abs=1e-12)
        assert (np.diff(rows["top_impact"]) >= 0).all()


def test_a_neuron_without_effect_has_no_top_impact(layer):
    layer.weight[:, 3] = 0
    rows = table_of(layer, (0.1, 1.0)).query("neuron == 3")
    assert rows[["top_impact", "top_impact_accuracy", "top_impact_loss"]].isna().all(axis=None)


def test_equal_logits_go_to_the_first_class():
    logits, loss = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]]), CrossEntropy(np.array([2, 0]))
    assert list(impact.Outcome.of(logits, loss).correct) == [False, True]


def test_equal_activations_keep_the_order_of_the_images():
    n = 300
    before, effect = impact.Outcome(np.full(n, 10.0), np.zeros(n, bool)), np.arange(1.0, n + 1)
    without = impact.Outcome(before.losses + effect, before.correct)
    activations = np.tile([0.0, 5.0], n // 2).astype(np.float32)[:, None]
    table = impact.impact_table(before, iter([without]), [0], activations, [0.25, 0.5, 0.75, 1])
    in_order = np.cumsum(np.concatenate([effect[1::2], effect[::2]])) / effect.sum()
    assert list(table["top_impact"]) == pytest.approx(in_order[[74, 149, 224, 299]])


@pytest.mark.parametrize(("beta", "n", "expected"), [(0.0003, 50_000, 15), (0.002, 50_000, 100), (0.0003, 100, 1)])
def test_number_of_top_images(beta, n, expected):
    assert impact.images_in(beta, n) == expected


def test_of_some_neurons_it_is_that_of_these_among_all(layer):
    loss, rows = CrossEntropy(layer.labels[::2], 1.2), np.arange(0, len(layer.labels), 2)
    opened = OpenLayer("", Outputs(layer.logits, layer.labels, 1.2), layer.activations, layer.weight, None)
    activations = layer.activations[rows]
    _, of_all = impact.outcomes(opened, rows, activations, np.arange(8), loss)
    _, of_some = impact.outcomes(opened, rows, activations, np.array([1, 4, 7]), loss)
    expected = [outcome.losses for outcome in of_all]
    found = [outcome.losses for outcome in of_some]
    np.testing.assert_array_equal(found, [expected[neuron] for neuron in (1, 4, 7)])


def test_a_replayed_tail_says_beforehand_how_long_it_takes():
    said = impact.announcement(1_200, 50_000, 30.0)
    assert said.startswith("impact: the tail is replayed in 1,200 passes of 50,000 images, which takes 10 h at most")
