"""Ablation in layers whose tail is replayed, against forward passes of the whole network with a hook."""

from functools import cache, partial

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

from helpers.hooked import hooked_activations, hooked_alpha, hooked_logits, hooked_losses
from linexp.effects import impact
from linexp.effects.ablation import Simulations, ablation_scores
from linexp.effects.layer import Outputs
from linexp.effects.losses import CrossEntropy, Divergence
from linexp.effects.on_output import effects_on_output
from linexp.effects.open_losses import OpenLayer
from linexp.effects.tail_losses import LinearTailLosses, ReplayedTailLosses
from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.tails import ReplayedTail, SplitNetwork, split_network
from linexp.networks.units.neurons import Neurons

SIZE, N_VAL, N_TEST, TEMPERATURE = 32, 24, 16, 1.3
VAL, TEST = np.arange(N_VAL), np.arange(N_VAL, N_VAL + N_TEST)
IMAGES = torch.randn(N_VAL + N_TEST, 3, SIZE, SIZE, generator=torch.manual_seed(2))
LABELS = np.random.default_rng(0).integers(0, 9, N_VAL + N_TEST)


@cache
def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    if name == "resnet":
        net = torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9)
    else:
        if name == "vit_b_16":
            net = torchvision.models.vit_b_16(image_size=SIZE, num_classes=9)
        else:
            net = torchvision.models.VisionTransformer(SIZE, 16, 2, 2, 32, 64, num_classes=9)
        nn.init.normal_(net.heads.head.weight)
    return net.double().eval()


@cache
def cut(name: str, module: str) -> SplitNetwork:
    return split_network(network(name), module, IMAGES[:2].double())


def open_tail(name: str, module: str, pool: str, replace: str = "shift") -> ReplayedTail:
    images = IMAGES.double()
    split = cut(name, module)
    return ReplayedTail(split, lambda rows: images[torch.as_tensor(rows)].split(9), Neurons(pool), replace=replace)


def simulated(activations: np.ndarray) -> list[np.ndarray]:
    """A fair simulation, a poor one and a constant one."""
    noise = np.random.default_rng(1).normal(size=(2, *activations.shape)) * activations.std(axis=0)
    return [2 * activations + 0.7 * noise[0], activations + 4 * noise[1], np.full_like(activations, 0.3)]


LAYERS = [
    ("resnet", "layer2", "avg", "shift", [0, 60]),
    ("resnet", "layer2", "avg", "constant", [60]),
    ("resnet", "layer3.0.conv1", "max", "shift", [7]),
    ("resnet", "layer3.0.conv1", "max", "constant", [7]),
    ("vit_of_two_blocks", "encoder.layers.encoder_layer_0.mlp.1", "avg", "shift", [5]),
    ("vit_of_two_blocks", "encoder.layers.encoder_layer_1.mlp.1", "first", "shift", [5]),
    ("vit_of_two_blocks", "encoder.layers.encoder_layer_0", "avg", "shift", [20]),
    pytest.param("vit_b_16", "encoder.layers.encoder_layer_10.mlp.1", "avg", "shift", [5], marks=pytest.mark.long),
    pytest.param("vit_b_16", "encoder.layers.encoder_layer_11.mlp.1", "first", "shift", [5], marks=pytest.mark.long),
    pytest.param("vit_b_16", "encoder.layers.encoder_layer_10", "avg", "shift", [100], marks=pytest.mark.long),
]


@pytest.mark.parametrize(("name", "module", "pool", "replace", "neurons"), LAYERS)
def test_scores_are_those_of_hooks_on_the_whole_network(name, module, pool, replace, neurons):
    activations = hooked_activations(network(name), module, IMAGES.double(), pool)
    tail = open_tail(name, module, pool, replace)
    val, test = (
        ReplayedTailLosses(tail, rows, activations[rows], CrossEntropy(LABELS[rows], TEMPERATURE), 0.05, 17)
        for rows in (VAL, TEST)
    )
    simulations = [s[:, neurons] for s in simulated(activations)]
    scores = ablation_scores(
        val, test, neurons, Simulations([s[VAL] for s in simulations], [s[TEST] for s in simulations])
    )
    for column, (neuron, by_method) in enumerate(zip(neurons, scores, strict=True)):
        mean = activations[VAL, neuron].mean()
        on_val, on_test = (
            partial(
                hooked_losses,
                network(name),
                module,
                neuron,
                IMAGES[rows].double(),
                LABELS[rows],
                pool=pool,
                replace=replace,
                temperature=TEMPERATURE,
            )
            for rows in (VAL, TEST)
        )
        for method, score in zip(simulations, by_method, strict=True):
            assert score.effect > 1e-6
            s_val, s_test = method[VAL, column], method[TEST, column]
            assert score.optim == pytest.approx(hooked_alpha(on_test, mean, score.c * s_test + score.d), abs=1e-6)
            reached = hooked_alpha(on_val, mean, score.c * s_val + score.d)
            assert reached >= 0
            if method is simulations[2]:
                assert score.norm is None and score.optim == score.constant
                continue
            c, d = np.polyfit(s_val, activations[VAL, neuron], 1)
            assert score.norm == pytest.approx(hooked_alpha(on_test, mean, c * s_test + d), abs=1e-6)
            assert reached >= hooked_alpha(on_val, mean, c * s_val + d) - 1e-9, "optim is at least norm on val"


@pytest.mark.parametrize("module", ["layer1", "layer3"])
def test_a_perfect_simulation_scores_one_when_maps_are_shifted_but_not_when_they_become_constant(module):
    activations = hooked_activations(network("resnet"), module, IMAGES.double())
    found = {}
    for replace in ("shift", "constant"):
        tail = open_tail("resnet", module, "avg", replace)
        val, test = (
            ReplayedTailLosses(tail, rows, activations[rows], CrossEntropy(LABELS[rows]), 0.05, 17)
            for rows in (VAL, TEST)
        )
        perfect = Simulations([activations[VAL][:, [3]]], [activations[TEST][:, [3]]])
        ((found[replace],),) = ablation_scores(val, test, [3], perfect)
    assert found["shift"].optim == pytest.approx(1, abs=1e-6)
    assert found["shift"].norm == pytest.approx(1, abs=1e-6)
    assert found["constant"].norm < 0.9


def test_before_average_pooling_and_a_linear_head_all_ways_give_the_same_score():
    net, module = network("resnet"), "layer4"
    activations = hooked_activations(net, module, IMAGES.double())
    weight, bias = linear_head(net, module, Neurons("avg"), IMAGES[:4].double())
    logits = activations @ weight.T + bias
    neurons = [300]
    simulations = [s[:, neurons] for s in simulated(activations)[:2]]
    split = Simulations([s[VAL] for s in simulations], [s[TEST] for s in simulations])

    def losses(kind, rows, loss):
        if kind == "linear":
            return LinearTailLosses(logits[rows], weight, activations[rows], loss)
        return ReplayedTailLosses(open_tail("resnet", module, "avg", kind), rows, activations[rows], loss, 1e-5, 33)

    for loss in (lambda rows: CrossEntropy(LABELS[rows]), lambda rows: Divergence(logits[rows], 1.2)):
        linear, shift, constant = (
            list(ablation_scores(losses(kind, VAL, loss(VAL)), losses(kind, TEST, loss(TEST)), neurons, split))
            for kind in ("linear", "shift", "constant")
        )
        for one, two, three in zip(linear, shift, constant, strict=True):
            for a, b, c in zip(one, two, three, strict=True):
                assert a.norm == pytest.approx(b.norm, abs=1e-5) == pytest.approx(c.norm, abs=1e-5)
                assert a.optim == pytest.approx(b.optim, abs=1e-3) == pytest.approx(c.optim, abs=1e-3)


def test_impact_without_a_neuron_is_that_of_a_hook():
    module, neurons = "layer2", range(3)
    net, images = network("resnet"), IMAGES.double()
    tail, loss = open_tail("resnet", module, "avg", "constant"), CrossEntropy(LABELS, TEMPERATURE)
    rows = np.arange(len(IMAGES))
    activations = hooked_activations(net, module, images)[:, neurons]
    table = impact.impact_table(
        impact.Outcome.of(tail.original(rows), loss),
        impact.without_replayed(tail, rows, neurons, loss),
        neurons,
        activations,
        (0.1, 0.5, 1.0),
    )
    for neuron in neurons:
        outcomes = []
        for values in (None, np.zeros(len(rows))):
            logits = hooked_logits(net, module, neuron, images, values, replace="constant")
            nll = torch.nn.functional.cross_entropy(logits / TEMPERATURE, torch.tensor(LABELS), reduction="none")
            outcomes.append((nll.numpy(), (logits.argmax(1).numpy() == LABELS).astype(float)))
        (loss_before, right_before), (loss_without, right_without) = outcomes
        accuracy = (right_before - right_without) / right_before.sum()
        change = (loss_before - loss_without) / loss_before.sum()
        share = np.abs(accuracy - change)[np.argsort(-activations[:, neuron], kind="stable")]
        reached = table.query("neuron == @neuron")
        expected = [share[:count].sum() / share.sum() for count in reached["images"]]
        assert reached["top_impact"].tolist() == pytest.approx(expected, abs=1e-9)
        assert reached["top_impact"].is_monotonic_increasing
        assert reached["top_impact"].iloc[-1] == pytest.approx(1, abs=1e-12)


def open_layer(name: str, module: str, pool: str, replace: str = "shift") -> OpenLayer:
    tail = open_tail(name, module, pool, replace)
    logits = tail.original(np.arange(len(IMAGES)))
    activations = hooked_activations(network(name), module, IMAGES.double(), pool)
    return OpenLayer("outputs.h5", Outputs(logits, LABELS, TEMPERATURE), activations, None, tail)


@pytest.mark.parametrize(("name", "module", "pool", "replace", "neurons"), LAYERS[:6])
def test_effects_on_the_output_are_those_of_hooks_on_the_top_images(name, module, pool, replace, neurons):
    layer, images, most = open_layer(name, module, pool, replace), IMAGES.double(), 11
    for neuron, effect in zip(neurons, effects_on_output(layer, neurons, most), strict=True):
        q = layer.activations[:, neuron]
        highest = sorted(range(len(q)), key=lambda row: -q[row])[:most]
        assert most not in (0, len(q)) and min(q[highest]) >= np.median(q)
        before, after = (
            hooked_logits(network(name), module, neuron, images[highest], values, pool, replace).numpy()
            for values in (None, np.full(most, q.mean()))
        )
        np.testing.assert_allclose(effect, (before - after).mean(axis=0), atol=1e-9)
        assert np.abs(effect).max() > 1e-6


def test_effects_on_the_output_before_a_linear_head_are_its_weights_times_what_the_top_images_have_more():
    layer, most = open_layer("resnet", "layer4", "avg"), 7
    weight, _ = linear_head(network("resnet"), "layer4", Neurons("avg"), IMAGES[:4].double())
    for neuron, effect in zip([3, 300], effects_on_output(layer, [3, 300], most), strict=True):
        q = layer.activations[:, neuron]
        more = np.sort(q)[-most:].mean() - q.mean()
        np.testing.assert_allclose(effect, weight[:, neuron] * more, atol=1e-6)


def test_effects_on_the_output_of_a_network_other_than_the_recorded_one_are_refused():
    layer = open_layer("resnet", "layer4", "avg")
    other = Outputs(layer.outputs.logits[::-1], LABELS, TEMPERATURE)
    with pytest.raises(LinexpError, match=r"outputs.h5 and what else was recorded are not of one model"):
        next(effects_on_output(OpenLayer("outputs.h5", other, layer.activations, None, layer.tail), [0]))
