"""What jobs find on blocks of a layer's neurons is, put together, what one job finds on all of them, bit for bit."""

from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn
from torchvision.models.resnet import BasicBlock

from helpers.layers import made_up, noisy
from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.effects import ablation, impact
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import LinearTailLosses, ReplayedTailLosses
from linexp.jobs.blocks import block_of, merge_arrays
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.targets import given_preprocessing
from linexp.networks.units.neurons import Neurons
from linexp.probes.masks import ImageMasks, PixelLabels

VAL, TEST = slice(0, 60), slice(60, 100)


def blocks_of(n_neurons: int, blocks: int, together: int = 1) -> list[slice]:
    return [block_of(number, blocks, n_neurons, together) for number in range(1, blocks + 1)]


@given(st.integers(1, 3000), st.integers(1, 200), st.sampled_from([1, 16, 32]))
def test_blocks_are_the_whole_layer_one_after_the_other_and_about_equally_large(n_neurons, blocks, together):
    cut = blocks_of(n_neurons, blocks, together)
    assert list(chain.from_iterable(range(n_neurons)[block] for block in cut)) == list(range(n_neurons))
    assert all(block.start % together == 0 or block.start == n_neurons for block in cut)
    groups = [-(-(block.stop - block.start) // together) for block in cut]
    assert max(groups) - min(groups) <= 1


def scores_of(val, test, simulations, block, **options):
    neurons = np.arange(val.activations.shape[1])[block]
    cut = ablation.Simulations([s[VAL, block] for s in simulations], [s[TEST, block] for s in simulations])
    return list(ablation.ablation_scores(val, test, neurons, cut, **options))


def test_ablation_behind_a_linear_head():
    layer = made_up(seed=3, n=100, n_neurons=38, n_classes=30)
    simulations = [noisy(layer, 1), noisy(layer, 2)]
    val, test = (
        LinearTailLosses(
            layer.logits[rows], layer.weight, layer.activations[rows], CrossEntropy(layer.labels[rows], 1.3)
        )
        for rows in (VAL, TEST)
    )
    whole = scores_of(val, test, simulations, slice(None))
    assert whole[0][0].optim is not None
    for blocks in (2, 3, 50):
        cut = blocks_of(38, blocks, ablation.SEARCHED_TOGETHER)
        assert list(chain.from_iterable(scores_of(val, test, simulations, block) for block in cut)) == whole


@pytest.fixture(scope="module")
def middle_layer():
    """A tail in single precision, as the rules have it, the activations of its layer and labels."""
    torch.manual_seed(0)
    network = torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9).eval()
    images = torch.randn(100, 3, 32, 32)
    activations = torch.cat(list(record_activations(network, "layer1.0", Neurons("avg"), images.split(50)))).numpy()[
        :, :11
    ]
    split = split_network(network, "layer1.0", images[:2])

    def tail(replace):
        return ReplayedTail(
            split, lambda rows: images[torch.as_tensor(rows)].split(33), Neurons("avg"), replace=replace
        )

    return tail, activations, np.random.default_rng(0).integers(0, 9, 100)


def test_ablation_in_a_layer_whose_tail_is_replayed(middle_layer):
    tail, activations, labels = middle_layer
    val, test = (
        ReplayedTailLosses(
            tail("shift"), np.arange(100)[rows], activations[rows], CrossEntropy(labels[rows], 1.3), 0.05, 9
        )
        for rows in (VAL, TEST)
    )
    noise = np.random.default_rng(1).normal(size=activations.shape).astype(np.float32)
    simulations = [activations + noise * activations.std(axis=0)]

    def scores(block):
        neurons = np.arange(11)[block]
        shared = dict(ablation.shared_by_explanations(val, test, neurons))
        return scores_of(val, test, simulations, block, shared=shared.__getitem__)

    whole = scores(slice(None))
    assert whole[0][0].optim is not None
    assert list(chain.from_iterable(map(scores, blocks_of(11, 3)))) == whole


@pytest.mark.parametrize("linear", [True, False])
def test_top_impact(middle_layer, linear):
    if linear:
        layer = made_up(seed=4, n=100, n_neurons=83)
        activations, loss, together = layer.activations, CrossEntropy(layer.labels, 1.0), impact.REMOVED_TOGETHER
        before = impact.Outcome.of(layer.logits, loss)
    else:
        tail, activations, labels = middle_layer
        tail, loss, together = tail("constant"), CrossEntropy(labels, 1.0), 1
        before = impact.Outcome.of(tail.original(np.arange(100)), loss)

    def table(block):
        neurons = range(activations.shape[1])[block]
        if linear:
            without = impact.without_linear(layer.logits, layer.weight[:, block], activations[:, block], loss)
        else:
            without = impact.without_replayed(tail, np.arange(100), neurons, loss)
        return pa.Table.from_pandas(impact.impact_table(before, without, neurons, activations[:, block]))

    whole = table(slice(None)).to_pandas()
    for blocks in (3, 50):
        cut = [table(block) for block in blocks_of(activations.shape[1], blocks, together)]
        pd.testing.assert_frame_equal(pa.concat_tables(cut).to_pandas(), whole, check_exact=True)


class Sides(PixelLabels):
    """Two concepts, each a side of every image."""

    concepts, categories = ["left", "right"], ["side", "side"]

    def __len__(self) -> int:
        return 40

    def masks(self, row: int) -> ImageMasks:
        masks = np.zeros((2, 24, 24), bool)
        masks[0, :, : 8 + row % 5], masks[1, :, 12:] = True, True
        return ImageMasks(np.array([0, 1]), masks, frozenset(["side"]))


class Maps(nn.Module):
    """A layer with maps of 19 neurons, also with the neurons last."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 19, 3, stride=3)
        self.last = nn.Identity()

    def forward(self, x):
        return self.last(self.first(x).movedim(1, -1))


@pytest.mark.parametrize("channels", ["first", "last"])
def test_network_dissection(channels):
    torch.manual_seed(1)
    network, pixels = Maps().eval(), np.random.default_rng(1).integers(0, 256, (40, 24, 24, 3), np.uint8)
    preprocess = given_preprocessing(mean=[0.5] * 3, std=[0.3] * 3)
    images = LabelledImages(
        [Image.fromarray(image) for image in pixels], Sides(), np.arange(40), np.arange(40), preprocess, 16, 1
    )
    whole = dissect(network, channels, images, Neurons(channels=channels), 0.2)
    assert whole.iou.shape == (19, 2) and (whole.iou > 0).all()
    for blocks in (2, 7, 25):
        units = Neurons(channels=channels)
        cut = [dissect(network, channels, images, units, 0.2, (number, blocks)) for number in range(1, blocks + 1)]
        merged = merge_arrays([(found.iou, found.thresholds, found.constant) for found in cut])
        for array, expected in zip(merged, (whole.iou, whole.thresholds, whole.constant), strict=True):
            np.testing.assert_array_equal(array, expected)
