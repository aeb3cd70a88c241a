"""Cut networks on a GPU: the logits of whole passes on the CPU in which a hook changes one neuron."""

from functools import cache

import numpy as np
import pytest
import torch

from helpers.hooked import hooked_logits
from helpers.on_gpu import FLOAT32, LAYERS, difference, images, on_gpu
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.neurons import Neurons


@cache
def cut(layer: str):
    """A network on the CPU, and its copy on the GPU, cut at a layer."""
    build, module, *_ = LAYERS[layer]
    network = build()
    return network, split_network(on_gpu(network), module, images(2))


REPLAYED = [layer for layer, (*_, channels) in LAYERS.items() if channels == "first"]


@pytest.mark.parametrize("layer", REPLAYED)
@pytest.mark.parametrize("replace", ["shift", "constant"])
def test_replayed_logits_are_those_of_the_whole_network_on_the_cpu(layer, replace):
    _, module, pool, channels = LAYERS[layer]
    (network, split), batch, neurons = cut(layer), images(7), [3, 11]
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(2, 7)), rng.normal(size=(1, 7))]
    tail = ReplayedTail(split, lambda rows: batch[torch.from_numpy(rows)].split(3), Neurons(pool, channels), replace)
    found = [np.full((len(of_neuron), 7, 50), np.nan) for of_neuron in values]
    for j, m, block, logits in tail.passes(np.arange(7), neurons, values):
        found[j][m, block] = logits
    expected = [
        np.stack([hooked_logits(network, module, neuron, batch, row, pool, replace).numpy() for row in of_neuron])
        for neuron, of_neuron in zip(neurons, values, strict=True)
    ]
    assert difference(np.concatenate(found), np.concatenate(expected)) < FLOAT32


@pytest.mark.parametrize("layer", LAYERS)
def test_the_unchanged_network_comes_out_of_both_parts(layer):
    *_, pool, channels = LAYERS[layer]
    (network, split), batch = cut(layer), images(7)
    tail = ReplayedTail(split, lambda rows: batch[torch.from_numpy(rows)].split(3), Neurons(pool, channels))
    with torch.no_grad():
        assert difference(tail.original(np.arange(7)), network(batch)) < FLOAT32
