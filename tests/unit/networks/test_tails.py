"""A cut network: the logits of a forward pass of the whole network in which a hook changes one neuron."""

import weakref
from functools import cache

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

from linexp.errors import LinexpError
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.pooling import pool_neurons


def images(size: int = 32, n: int = 7) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def resnet() -> nn.Module:
    return torchvision.models.ResNet(BasicBlock, [1, 2, 1, 1], num_classes=9)


def densenet() -> nn.Module:
    return torchvision.models.DenseNet(growth_rate=8, block_config=(2, 2), num_init_features=8, num_classes=9)


def swin() -> nn.Module:
    settings = {"depths": [1, 2], "num_heads": [2, 2], "window_size": [4, 4], "num_classes": 9}
    return torchvision.models.SwinTransformer(patch_size=[4, 4], embed_dim=12, **settings)


def vit() -> nn.Module:
    """In float64, with a random head (torchvision's own is zero before training)."""
    network = torchvision.models.VisionTransformer(
        image_size=32, patch_size=16, num_layers=2, num_heads=2, hidden_dim=24, mlp_dim=32, num_classes=9
    )
    nn.init.normal_(network.heads.head.weight)
    return network.double()


def vgg_like() -> nn.Module:
    """Operations in place behind the layer, which must not spoil what is replayed."""
    flat = [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(16, 9)]
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), *flat)


class OwnSkip(nn.Module):
    """The layer hands on the very tensor that also goes around it; one image alone would lose its axis."""

    def __init__(self):
        super().__init__()
        self.stem, self.layer, self.fc = nn.Conv2d(3, 4, 3), nn.Identity(), nn.Linear(4, 9)

    @torch.no_grad()
    def forward(self, x):
        x = self.stem(x)
        return self.fc((self.layer(x) * x).mean((2, 3), keepdim=True).squeeze())


LAYER = "encoder.layers.encoder_layer"
CUTS = {
    "resnet inside a block": (resnet, "layer2.0.conv1", "avg", "first", 64),
    "resnet stem": (resnet, "bn1", "max", "first", 64),
    "resnet last block": (resnet, "layer4", "avg", "first", 64),
    "densenet": (densenet, "features.denseblock1.denselayer1.conv2", "avg", "first", 32),
    "swin": (swin, "features.1.0", "avg", "last", 32),
    "vit mlp": (vit, f"{LAYER}_1.mlp.0", "avg", "first", 32),
    "vit residual stream": (vit, f"{LAYER}_0", "first", "first", 32),
    "vit logits": (vit, "heads.head", "none", "first", 32),
    "in place": (vgg_like, "0", "avg", "first", 32),
    "in place, scalars": (vgg_like, "3", "none", "first", 32),
    "own skip": (OwnSkip, "layer", "max", "first", 32),
}


def replaced(output, neuron, values, pool, channels="first", replace="shift") -> torch.Tensor:
    """A copy of a layer's output in which the pooled value of one neuron is another."""
    output = output.clone()
    (change,) = Neurons(pool, channels).changes(output, [neuron])
    change.replace(values, replace)
    return output


@cache
def prepared(name: str):
    """A network, the module, pool and channels of a layer, images, and the network cut there."""
    build, module, pool, channels, size = CUTS[name]
    torch.manual_seed(0)
    network = build().eval()
    return network, module, pool, channels, images(size), split_network(network, module, images(size, n=1))


@pytest.fixture(params=CUTS)
def cut(request):
    return prepared(request.param)


def changed(output, neuron, values, pool, channels, replace):
    """The output with one neuron changed, image by image."""
    output = output.clone()
    for image, value in zip(output, values, strict=True):
        places = image[neuron] if image.ndim == 3 and channels == "first" else image[..., neuron]
        places = places[:1] if pool == "first" else places
        before = places.max() if pool == "max" else places.mean()
        places.copy_(places + (value - before) if replace == "shift" else torch.full_like(places, value))
    return output


def whole_network(network, module, batch, change=lambda output: output) -> np.ndarray:
    """The logits of a pass of the whole network in which a hook changes the output of the module."""
    where = next(network.parameters())
    with network.get_submodule(module).register_forward_hook(lambda _m, _i, o: change(o)), torch.no_grad():
        return network(batch.to(where)).double().numpy()


def in_blocks(batch: torch.Tensor, size: int = 3):
    return lambda rows: batch[torch.from_numpy(rows)].split(size)


def tolerance(network: nn.Module) -> float:
    return 1e-12 if next(network.parameters()).dtype == torch.float64 else 2e-5


@pytest.mark.parametrize("replace", ["shift", "constant"])
def test_replayed_logits_are_those_of_the_whole_network_with_a_hook(cut, replace):
    network, module, pool, channels, batch, split = cut
    rows, neurons = np.array([6, 0, 3, 5, 1, 2, 4]), [2, 0, 2]
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(2, 7)), rng.normal(size=(3, 1)), np.zeros((1, 1))]
    found = [np.full((len(of_neuron), 7, 9), np.nan) for of_neuron in values]
    tail = ReplayedTail(split, in_blocks(batch), Neurons(pool, channels), replace)
    for j, m, block, logits in tail.passes(rows, neurons, values):
        assert logits.dtype == np.float64 and np.isnan(found[j][m, block]).all()
        found[j][m, block] = logits
    before = whole_network(network, module, batch[rows])
    for neuron, of_neuron, logits in zip(neurons, values, found, strict=True):
        for row, result in zip(np.broadcast_to(of_neuron, (len(of_neuron), 7)), logits, strict=True):
            expected = whole_network(
                network, module, batch[rows], lambda o, k=neuron, v=row: changed(o, k, v, pool, channels, replace)
            )
            assert np.abs(expected - before).max() > 1e-4, "a change that changes nothing tests nothing"
            np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance(network))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_unchanged_network_comes_out_of_both_parts_whatever_the_batch(cut, size):
    network, module, pool, channels, batch, split = cut
    rows = np.array([6, 0, 3, 5, 1, 2, 4])
    other_layout = batch.contiguous(memory_format=torch.channels_last)
    found = ReplayedTail(split, in_blocks(other_layout, size), Neurons(pool, channels)).original(rows)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, whole_network(network, module, batch[rows]), rtol=0, atol=tolerance(network))


def test_the_logits_of_a_pass_stay_as_they_were_when_the_next_comes(cut):
    _, _, pool, channels, batch, split = cut
    tail = ReplayedTail(split, in_blocks(batch), Neurons(pool, channels))
    passes = tail.passes(np.arange(3), [0], [np.array([[1.0], [2.0]])])
    first = next(passes)[3]
    kept = first.copy()
    assert np.abs(next(passes)[3] - first).max() > 0
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("resnet last block", [(512, 2, 2)]),
        ("resnet inside a block", [(128, 8, 8), (128, 8, 8)]),
        ("densenet", [(8, 8, 8), (8, 8, 8)]),
        ("vit residual stream", [(5, 24)]),
        ("vit mlp", [(5, 32), (5, 24)]),
    ],
)
def test_only_what_the_tail_reads_is_kept(name, shapes):
    network, *_, batch, split = prepared(name)
    kept = split.head(batch.to(next(split.head.parameters())))
    assert [tuple(tensor.shape[1:]) for tensor in kept if isinstance(tensor, torch.Tensor)] == shapes
    used = {name for part in (split.head, split.tail) for name, _ in part.named_parameters()}
    assert used == {name for name, _ in network.named_parameters()}


def test_one_block_of_live_tensors_is_in_memory_at_a_time(cut):
    _, _, pool, channels, batch, split = cut
    tail = ReplayedTail(split, in_blocks(batch, 2), Neurons(pool, channels))
    kept: list[weakref.ref] = []

    def head(block):
        assert not any(reference() is not None for reference in kept)
        result = split.head(block)
        kept.extend(weakref.ref(tensor) for tensor in result if isinstance(tensor, torch.Tensor))
        return result

    tail.split = type(split)(head, split.tail)
    assert len(list(tail.passes(np.arange(7), [0, 1], [np.zeros((2, 1))] * 2))) == 16
    assert len(kept) >= 4


def test_images_that_are_missing_are_noticed(cut):
    _, _, pool, channels, batch, split = cut
    with pytest.raises(ValueError, match="3 images came, 7 were expected"):
        ReplayedTail(split, lambda _rows: [batch[:3]], Neurons(pool, channels)).original(np.arange(7))


SHAPES = [
    ((4, 6), "none", "first"),
    ((4, 5, 6), "avg", "first"),
    ((4, 5, 6), "max", "first"),
    ((4, 5, 6), "first", "first"),
    ((4, 6, 5, 3), "avg", "first"),
    ((4, 6, 5, 3), "max", "first"),
    ((4, 5, 3, 6), "avg", "last"),
    ((4, 5, 3, 6), "max", "last"),
]


@pytest.mark.parametrize("replace", ["shift", "constant"])
@pytest.mark.parametrize(("shape", "pool", "channels"), SHAPES)
def test_the_pooled_value_of_one_neuron_becomes_the_value(shape, pool, channels, replace):
    output = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    before, values = output.clone(), torch.tensor([0.5, -3.0, 0.0, 40.0], dtype=torch.float64)
    found = replaced(output, 4, values, pool, channels, replace)
    expected = pool_neurons(before, pool, channels).clone()
    expected[:, 4] = values
    torch.testing.assert_close(pool_neurons(found, pool, channels), expected, rtol=0, atol=1e-14)
    torch.testing.assert_close(found, changed(before, 4, values, pool, channels, replace), rtol=0, atol=1e-14)
    assert torch.equal(output, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("shape", "pool", "channels"), SHAPES)
def test_a_shift_to_the_value_that_is_there_changes_nothing(shape, pool, channels, dtype):
    output = torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(3))
    values = pool_neurons(output, pool, channels)[:, 2].double()
    torch.testing.assert_close(replaced(output, 2, values, pool, channels), output, rtol=0, atol=3e-7)


class Odd(nn.Module):
    """Modules that are used in ways that a network cannot be cut at."""

    def __init__(self):
        super().__init__()
        self.stem, self.unused, self.lost, self.shared = (nn.Linear(3, 3) for _ in range(4))
        self.attention, self.rows, self.fc = nn.MultiheadAttention(3, 1), nn.Flatten(0, 1), nn.Linear(3, 9)

    def forward(self, x):
        x = self.stem(x.mean((2, 3)))
        self.lost(x)
        self.rows(x[:, None])
        self.rows(x[:, None, None])
        x = self.attention(x, x, x)[0] + self.shared(self.shared(x))
        return self.fc(x)


class ByRow(Odd):
    def forward(self, x):
        return self.fc(self.rows(x.mean(2).transpose(1, 2)).unflatten(0, (len(x), -1)).mean(1))


class TwoOutputs(Odd):
    def forward(self, x):
        return self.stem(x.mean((2, 3))), x


class Maps(Odd):
    def forward(self, x):
        return self.stem(x.transpose(1, 3))


class DependsOnData(Odd):
    def forward(self, x):
        x = self.stem(x.mean((2, 3)))
        return self.fc(x) if x.sum() > 0 else self.fc(-x)


@pytest.mark.parametrize(
    ("network", "module", "message"),
    [
        (Odd, "sten", "module: sten is not in the network; did you mean stem?"),
        (Odd, "unused", "module: unused takes no part in the network's forward pass, or only by"),
        (Odd, "lost", "module: lost is not on the path to the network's output; take another layer"),
        (Odd, "shared", "module: shared is used 2 times in a forward pass; take one that is used once"),
        (Odd, "attention", "module: attention returns a tuple with 0 (2 × "),
        (ByRow, "rows", "module: rows gives (64, 3) for 2 images; take one with a row for each"),
        (TwoOutputs, "stem", "model: 2 images give an output of type tuple; say which part are (n, classes) logits"),
        (Maps, "stem", "model: 2 images give an output of shape (2, 32, 32, 3); return (n, classes) logits"),
        (DependsOnData, "stem", "module: torch.export cannot trace the network ("),
        (vit, f"{LAYER}_0.self_attention.out_proj", "takes no part in the network's forward pass"),
    ],
)
def test_a_network_that_cannot_be_cut_there_is_told_in_one_line(network, module, message):
    with pytest.raises(LinexpError) as caught:
        split_network(network().eval(), module, images())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 260


def test_cutting_leaves_no_hook_behind():
    network = vgg_like().eval()
    split_network(network, "0", images())
    with pytest.raises(LinexpError, match=r"; set `ablation: false` for this layer in the configuration$"):
        split_network(DependsOnData().eval(), "stem", images())
    assert not any(module._forward_hooks for module in network.modules())
