"""Recording a layer: the same numbers as an independent full forward pass pooled with numpy, and nothing beyond."""

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn

from linexp.errors import LinexpError
from linexp.networks.recording import find_module, record_activations
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.pooling import pool_neurons
from linexp.probes.batches import image_batches


def images(n: int = 6, size: int = 32) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def recorded(network: nn.Module, module: str, pool: str, channels: str = "first", batch: int = 4, **size) -> np.ndarray:
    blocks = record_activations(network.eval(), module, Neurons(pool, channels), images(**size).split(batch))
    return torch.cat(list(blocks)).numpy()


def full_output(network: nn.Module, module: str, **size) -> np.ndarray:
    """What the module returns in a forward pass of the whole network over all images at once."""
    kept = []
    handle = network.get_submodule(module).register_forward_hook(lambda _m, _i, output: kept.append(output.clone()))
    with torch.no_grad():
        network.eval()(images(**size))
    handle.remove()
    return kept[0].numpy()


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None)


@pytest.fixture(scope="module")
def vit() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=24, mlp_dim=32
    )


@pytest.fixture(scope="module")
def swin() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.SwinTransformer(
        patch_size=[4, 4], embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=[4, 4]
    )


POOLED = {"avg": np.mean, "max": np.max}


@pytest.mark.parametrize("pool", POOLED)
@pytest.mark.parametrize("module", ["maxpool", "layer2.0.bn1", "layer4"])
def test_maps_are_pooled_over_their_places(resnet, module, pool):
    expected = POOLED[pool](full_output(resnet, module), axis=(2, 3))
    np.testing.assert_allclose(recorded(resnet, module, pool), expected, atol=1e-6)


@pytest.mark.parametrize("pool", POOLED)
def test_maps_with_channels_last_are_pooled_over_their_places(swin, pool):
    output = full_output(swin, "features.1")
    assert output.shape == (6, 8, 8, 12)
    expected = POOLED[pool](output, axis=(1, 2))
    np.testing.assert_allclose(recorded(swin, "features.1", pool, "last"), expected, atol=1e-6)


@pytest.mark.parametrize("pool", [*POOLED, "first"])
def test_tokens_are_pooled_over_places_or_the_first_is_taken(vit, pool):
    module = "encoder.layers.encoder_layer_1"
    output = full_output(vit, module)
    assert output.shape == (6, 17, 24)
    expected = output[:, 0] if pool == "first" else POOLED[pool](output, axis=1)
    np.testing.assert_allclose(recorded(vit, module, pool), expected, atol=1e-6)


@pytest.mark.parametrize("module", ["fc", ""])
def test_scalars_are_taken_as_they_are(resnet, module):
    expected = full_output(resnet, module)
    np.testing.assert_allclose(recorded(resnet, module, "none"), expected, atol=1e-6)


def test_timm_s_tokens_and_maps_agree_with_a_full_pass():
    torch.manual_seed(0)
    network = timm.create_model("test_vit", pretrained=False)
    output = full_output(network, "blocks.2", n=3, size=160)
    np.testing.assert_allclose(recorded(network, "blocks.2", "avg", n=3, size=160), output.mean(1), atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 5, 100])
def test_the_size_of_batches_does_not_matter(swin, batch):
    expected = recorded(swin, "features.3", "avg", "last", batch=6)
    found = recorded(swin, "features.3", "avg", "last", batch=batch)
    assert found.shape == (6, 24)
    np.testing.assert_allclose(found, expected, atol=1e-6)


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.reached: list[int] = []

    def forward(self, x):
        self.reached.append(len(x))
        return x


def test_the_forward_pass_stops_at_the_recorded_module_but_for_two_images():
    behind = Counts()
    assert recorded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), behind), "1", "avg").shape == (6, 4)
    assert behind.reached == [2]


@pytest.mark.parametrize("pool", ["avg", "max", "none"])
def test_an_inplace_relu_behind_the_module_does_not_change_what_is_recorded(pool):
    torch.manual_seed(0)
    flat = [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if pool == "none" else []
    network = nn.Sequential(nn.Conv2d(3, 4, 3), *flat, nn.ReLU(inplace=True), nn.Hardtanh(inplace=True))
    module = str(len(flat))
    found = recorded(network, module, pool)
    assert ((found < 0) | (found > 1)).any(), "nothing that the modules behind would change"
    expected = full_output(network, module)
    np.testing.assert_allclose(found, expected if pool == "none" else POOLED[pool](expected, axis=(2, 3)), atol=1e-6)


class OwnNormalisation(nn.Module):
    """Normalises the images that it is given in place."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.conv(x.sub_(0.5).div_(0.2)).mean((2, 3)))


@pytest.mark.parametrize("in_place", [OwnNormalisation, lambda: nn.Sequential(nn.ReLU(inplace=True), resnet_stem())])
def test_a_network_that_changes_its_input_gets_it_unchanged_every_time(in_place):
    torch.manual_seed(0)
    network, given = in_place().eval(), images()
    module = next(name for name, found in network.named_modules() if isinstance(found, nn.Conv2d))
    expected = full_output(network, module).mean((2, 3))
    found = torch.cat(list(record_activations(network, module, Neurons("avg"), given.split(4)))).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert torch.equal(given, images())


def resnet_stem() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


def test_what_is_recorded_is_float32_on_the_cpu_without_gradients(resnet):
    block = next(record_activations(resnet.eval(), "layer1", Neurons("avg"), [images(2)]))
    assert (block.dtype, block.device.type, block.requires_grad) == (torch.float32, "cpu", False)


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-6), (torch.bfloat16, 0.02)])
def test_a_network_of_another_precision_is_given_images_of_that(dtype, atol):
    network = torchvision.models.resnet18(weights=None)
    expected = recorded(network, "layer1", "avg")
    found = recorded(network.to(dtype), "layer1", "avg")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=atol * expected.max())


def test_recording_leaves_no_hook_behind(resnet):
    list(record_activations(resnet.eval(), "layer1", Neurons("avg"), [images(2)]))
    next(record_activations(resnet.eval(), "layer1", Neurons("avg"), [images(2), images(2)]))
    assert resnet(images(1)).shape == (1, 1000)


def test_a_network_without_parameters_can_be_recorded():
    np.testing.assert_allclose(recorded(nn.Sequential(nn.ReLU()), "0", "max"), images().relu().amax((2, 3)), atol=1e-6)


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)

    def forward(self, x):
        x = self.attention(*[x.flatten(2).transpose(1, 2)] * 3)[0].transpose(1, 2).reshape(x.shape)
        return self.used(x)


def test_a_module_that_returns_several_things_is_refused():
    with pytest.raises(
        LinexpError, match=r"module: attention returns a tuple with 0 \(.*; write `output: 0` or another of them"
    ):
        recorded(Two(), "attention", "avg")


def test_a_module_that_is_not_used_is_refused():
    with pytest.raises(LinexpError, match="module: unused takes no part in the network's forward pass, or only by"):
        recorded(Two(), "unused", "avg")


@pytest.mark.parametrize(
    ("typo", "close"), [("layr4", "layer4"), ("layer3.1.conv3", "layer3.1.conv"), ("layer4.relu", "layer4")]
)
def test_a_module_that_is_not_there_brings_a_close_one(resnet, typo, close):
    with pytest.raises(LinexpError, match=rf"module: {typo} is not in the network; did you mean .*{close}"):
        find_module(resnet, typo)


@pytest.mark.parametrize(
    ("shape", "pool", "remedy"),
    [
        ((5, 8), "avg", "take none"),
        ((5, 8), "first", "take none"),
        ((5, 7, 8), "none", "take avg, max or first"),
        ((5, 8, 4, 4), "first", "take avg or max"),
        ((5, 8, 4, 4), "none", "take avg or max"),
        ((5, 8, 2, 2, 2), "avg", "record a module with 2 to 4 axes"),
        ((5,), "none", "record a module with 2 to 4 axes"),
    ],
)
def test_a_pooling_that_does_not_fit_is_refused_with_those_that_do(shape, pool, remedy):
    with pytest.raises(LinexpError) as caught:
        pool_neurons(torch.zeros(shape), pool)
    assert f"pool: {pool} does not fit an output of shape {shape}; {remedy}" == str(caught.value)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
@pytest.mark.parametrize("threads", [1, 3])
def test_batches_hold_all_images_in_order(batch_size, threads):
    def preprocess(number: int) -> torch.Tensor:
        return torch.full((3, 2, 2), float(number))

    batches = list(image_batches(range(10), preprocess, batch_size, threads, "test"))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert torch.cat(batches)[:, 0, 0, 0].tolist() == list(range(10))


def test_images_of_several_sizes_need_a_resize():
    def preprocess(number: int) -> torch.Tensor:
        return torch.zeros(3, 4, 4 + number)

    with pytest.raises(LinexpError, match="preprocess: it leaves images of 4x4 and of 4x5 pixels; give a resize"):
        list(image_batches(range(3), preprocess, 3, 1, "test"))
