"""Ablation of units at places, against forward passes of the whole network in which a hook replaces the unit's map."""

from functools import cache

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

from helpers.hooked_maps import hooked_map, hooked_map_losses, in_cells
from linexp.effects.ablation import Simulations, ablation_scores
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import ReplayedTailLosses
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.grids import AtPlaces
from linexp.networks.units.neurons import Neurons

SIZE, N_VAL, N_TEST = 32, 10, 6
ROWS = np.arange(N_VAL), np.arange(N_VAL, N_VAL + N_TEST)
IMAGES = torch.randn(N_VAL + N_TEST, 3, SIZE, SIZE, generator=torch.manual_seed(2)).double()
LABELS = np.random.default_rng(0).integers(0, 9, N_VAL + N_TEST)


@cache
def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    if name == "resnet":
        net = torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9)
    else:
        net = torchvision.models.VisionTransformer(SIZE, 8, 2, 2, 32, 64, num_classes=9)
        nn.init.normal_(net.heads.head.weight)
    return net.double().eval()


def change_of(name, module, neuron, rows, cells) -> float:
    """Mean change of the loss when the unit's map has these cells."""
    of = network(name), module, neuron, IMAGES[torch.as_tensor(rows)], LABELS[rows]
    return np.abs(hooked_map_losses(*of, cells) - unchanged(name, len(rows))).mean()


@cache
def unchanged(name: str, n: int) -> np.ndarray:
    """(n,) losses of val or of test."""
    rows = ROWS[0] if n == N_VAL else ROWS[1]
    return hooked_map_losses(network(name), "", 0, IMAGES[torch.as_tensor(rows)], LABELS[rows], None)


def opened(name, module, grid, pool, neuron):
    """The losses on val and on test, and the unit's cells, (n, grid²)."""
    split = split_network(network(name), module, IMAGES[:2])
    units = AtPlaces(Neurons(pool), grid, pool)
    tail = ReplayedTail(split, lambda rows: IMAGES[torch.as_tensor(rows)].split(6), units, "constant")
    cells = in_cells(hooked_map(network(name), module, neuron, IMAGES), grid, pool)
    activations = np.zeros((len(IMAGES), neuron + 1, grid**2))
    activations[:, neuron] = cells
    of_splits = [
        ReplayedTailLosses(tail, rows, activations[rows], CrossEntropy(LABELS[rows]), 0.05, 17) for rows in ROWS
    ]
    return *of_splits, cells


def simulated(cells: np.ndarray) -> list[np.ndarray]:
    """A fair simulation, a poor one and a constant one."""
    noise = np.random.default_rng(1).normal(size=(2, *cells.shape)) * cells.std()
    return [2 * cells + 0.7 * noise[0], cells + 4 * noise[1], np.full_like(cells, 0.3)]


LAYERS = [
    ("resnet", "layer1", 2, "avg", 5),
    ("resnet", "layer1", 3, "avg", 5),
    ("resnet", "layer2.0.conv1", 2, "max", 7),
    ("resnet", "layer2", 8, "avg", 60),
    ("vit", "encoder.layers.encoder_layer_0", 2, "avg", 20),
]


@pytest.mark.parametrize(("name", "module", "grid", "pool", "neuron"), LAYERS)
def test_scores_are_those_of_hooks_on_the_whole_network(name, module, grid, pool, neuron):
    val, test, cells = opened(name, module, grid, pool, neuron)
    methods = simulated(cells)
    split = Simulations(*([s[rows][:, None] for s in methods] for rows in ROWS))
    (scores,) = ablation_scores(val, test, [neuron], split)
    mean = np.full_like(cells, cells[ROWS[0]].mean())

    def alpha(values, rows):
        of = name, module, neuron, rows
        return 1 - change_of(*of, values[rows]) / change_of(*of, mean[rows])

    assert scores[0].effect == pytest.approx(change_of(name, module, neuron, ROWS[1], mean[ROWS[1]]), abs=1e-6)
    for s, score in zip(methods, scores, strict=True):
        assert score.ceiling == pytest.approx(alpha(cells, ROWS[1]), abs=1e-6)
        assert score.optim == pytest.approx(alpha(score.c * s + score.d, ROWS[1]), abs=1e-6)
        if s is methods[2]:
            assert score.norm is None and score.optim == score.constant
            continue
        c, d = np.polyfit(s[ROWS[0]].ravel(), cells[ROWS[0]].ravel(), 1)
        assert score.norm == pytest.approx(alpha(c * s + d, ROWS[1]), abs=1e-6)
        reached = alpha(score.c * s + score.d, ROWS[0])
        assert reached >= max(0, alpha(c * s + d, ROWS[0])) - 1e-9, "optim is at least norm on val"
        nearby = [(c * u, d + v * cells.std()) for u in (0.6, 1.3) for v in (-0.3, 0)]
        best = max(alpha(one * s + two, ROWS[0]) for one, two in nearby)
        assert reached >= best - 0.01, "and as good as what a grid finds"
