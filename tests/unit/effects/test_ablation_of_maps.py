"""Ablation of units at places, against forward passes of the whole network in which a hook replaces the unit's map."""

from functools import cache

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

from linexp.effects.ablation import Simulations, ablation_scores
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import ReplayedTailLosses
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.grids import AtPlaces
from linexp.networks.units.neurons import Neurons

SIZE, N_VAL, N_TEST = 32, 24, 16
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


def literal_map(output: torch.Tensor, neuron: int) -> torch.Tensor:
    """View of a unit's map, (n, height, width)."""
    if output.ndim == 4:
        return output[:, neuron]
    side = int(np.sqrt(output.shape[1]))
    return output[:, -(side**2) :, neuron].unflatten(1, (side, side))


def literal_shares(side: int, grid: int) -> np.ndarray:
    """(side, grid) the part of each value of a map, a side long, that lies in each cell, counted in fine steps."""
    steps = np.arange(side * grid)
    shares = np.zeros((side, grid))
    np.add.at(shares, (steps // grid, steps // side), 1 / grid)
    return shares


def in_cells(maps: np.ndarray, grid: int, pool: str) -> np.ndarray:
    """(n, grid²) from (n, side, side) maps, cell by cell."""
    shares, found = literal_shares(maps.shape[1], grid), []
    for down in shares.T:
        for across in shares.T:
            weight = np.outer(down, across)
            values = maps[:, weight > 0]
            found.append(values.max(axis=1) if pool == "max" else np.average(values, 1, weight[weight > 0]))
    return np.stack(found, axis=1)


@torch.no_grad()
def losses_with(name: str, module: str, neuron: int, rows: np.ndarray, cells: np.ndarray | None) -> np.ndarray:
    """(n,) cross-entropy when a unit's map has (n, grid²) values of its cells; None changes nothing."""

    def hook(_module, _inputs, output):
        output = output.clone()
        places = literal_map(output, neuron)
        grid = int(np.sqrt(cells.shape[1]))
        shares = literal_shares(places.shape[1], grid)
        put = np.einsum("ya,xb,nab->nyx", shares, shares, cells.reshape(-1, grid, grid))
        places.copy_(torch.as_tensor(put))
        return output

    net = network(name)
    with net.get_submodule(module).register_forward_hook(hook if cells is not None else lambda *_: None):
        logits = net(IMAGES[torch.as_tensor(rows)])
    return nn.functional.cross_entropy(logits, torch.as_tensor(LABELS[rows]), reduction="none").numpy()


@torch.no_grad()
def recorded_maps(name: str, module: str, neuron: int) -> np.ndarray:
    found = []
    net = network(name)
    with net.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: found.append(output)):
        net(IMAGES)
    return literal_map(found[0], neuron).numpy()


def change_of(name, module, neuron, rows, cells) -> float:
    return np.abs(losses_with(name, module, neuron, rows, cells) - losses_with(name, module, neuron, rows, None)).mean()


def opened(name, module, grid, pool, neuron):
    """The losses on val and on test, and the unit's cells, (n, grid²)."""
    split = split_network(network(name), module, IMAGES[:2])
    units = AtPlaces(Neurons(pool), grid, pool)
    tail = ReplayedTail(split, lambda rows: IMAGES[torch.as_tensor(rows)].split(9), units, "constant")
    cells = in_cells(recorded_maps(name, module, neuron), grid, pool)
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
    (scores,) = ablation_scores(val, test, [neuron], _named(split, neuron))
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
        nearby = [(c * u, d + v * cells.std()) for u in (0.7, 1, 1.3) for v in (-0.3, 0, 0.3)]
        best = max(alpha(one * s + two, ROWS[0]) for one, two in nearby)
        print(name, module, grid, score, reached, best)
        assert reached >= best - 0.01, "and as good as what a grid finds"


def _named(simulations, _neuron):
    return simulations
