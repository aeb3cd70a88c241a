"""Modules that are used several times in a forward pass, or give no row of neurons for each image."""

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn
from torch.utils.checkpoint import checkpoint
from torchvision.transforms.functional import pil_to_tensor

from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.recording import record_activations
from linexp.networks.tails import split_network
from linexp.networks.units.neurons import Neurons


def images(n: int = 4, size: int = 32) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def recorded(network: nn.Module, module: str, pool: str = "avg", channels: str = "first", size: int = 32):
    return torch.cat(
        list(record_activations(network.eval(), module, Neurons(pool, channels), images(size=size).split(2)))
    )


class Flipped(nn.Module):
    """A network that runs twice, and averages."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        return (self.body(x) + self.body(x.flip(3))) / 2


class Tied(nn.Module):
    """Blocks that are one and the same."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.Sequential(*[nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())] * 3)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 9))

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


SEVERAL = [
    (resnet, "layer4.1.relu", "module: layer4.1.relu is used 2 times in a forward pass; take layer4.1"),
    (
        torchvision.models.resnet50,
        "layer4.2.relu",
        "module: layer4.2.relu is used 3 times in a forward pass; take layer",
    ),
    (Tied, "blocks.1.1", "module: blocks.1.1 is used 3 times in a forward pass; take blocks"),
    (Flipped, "body.0", "module: body.0 is used 2 times in a forward pass; take one that is used once"),
]


@pytest.mark.parametrize(("build", "module", "said"), SEVERAL)
@pytest.mark.parametrize("use", ["record", "head", "tail"])
def test_a_module_that_is_used_several_times_is_refused_by_name_and_count(build, module, said, use):
    network = build().eval()
    with pytest.raises(LinexpError) as caught:
        match use:
            case "record":
                next(record_activations(network, module, Neurons("avg"), iter([images(2)])))
            case "head":
                linear_head(network, module, Neurons("avg"), images(2))
            case "tail":
                split_network(network, module, images(2))
    assert str(caught.value).startswith(said) and "ablation" not in str(caught.value)


def test_what_is_named_instead_can_be_recorded():
    assert recorded(resnet(), "layer4.1").shape == (4, 512)
    assert recorded(Tied(), "blocks").shape == (4, 4)


def test_images_that_are_too_small_for_what_is_behind_the_module_can_be_recorded():
    torch.manual_seed(0)
    network = torchvision.models.alexnet(weights=None).eval()
    with pytest.raises(RuntimeError, match="too small"):
        network(images(size=40))
    assert recorded(network, "features.3", size=40).shape == (4, 192)


def test_network_dissection_refuses_it_too():
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)) for _ in range(2)]
    labelled = LabelledImages(
        pictures, None, np.arange(2), np.arange(2), lambda image: pil_to_tensor(image) / 255, 2, 1
    )
    with pytest.raises(LinexpError, match=r"layer4\.1\.relu is used 2 times in a forward pass; take layer4\.1"):
        dissect(resnet(), "layer4.1.relu", labelled)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpointed_module_is_used_once(reentrant):
    class Checkpointed(nn.Sequential):
        def forward(self, x):
            return checkpoint(super().forward, x, use_reentrant=reentrant)

    torch.manual_seed(0)
    block = Checkpointed(nn.Conv2d(3, 4, 3), nn.ReLU())
    network = nn.Sequential(block, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)).eval()
    expected = nn.functional.relu(block[0](images())).mean((2, 3)).detach()
    for module in ("0.1", "0"):
        torch.testing.assert_close(recorded(network, module), expected)
        assert torch.equal(
            torch.from_numpy(linear_head(network, module, Neurons("avg"), images())[0]), network[3].weight
        )


@pytest.mark.parametrize("use", ["record", "head"])
def test_a_module_whose_forward_is_called_past_its_hooks_is_told(use):
    class Past(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

        def forward(self, x):
            return self.head(self.body.forward(x).mean((2, 3)))

    network = Past().eval()
    with pytest.raises(
        LinexpError, match=r"body takes no part in the network's forward pass, or only by its `forward` or"
    ):
        if use == "record":
            recorded(network, "body")
        else:
            linear_head(network, "body", Neurons("avg"), images())


# --- what a module returns


def test_a_timm_network_says_that_its_neurons_are_last():
    torch.manual_seed(0)
    swin = timm.create_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2, depths=(1, 1, 1, 1)).eval()
    with pytest.raises(
        LinexpError, match=r"layers\.2 gives maps of \(4, 4, 384\), neurons last; write `channels: last`"
    ):
        recorded(swin, "layers.2", size=64)
    assert recorded(swin, "layers.2", channels="last", size=64).shape == (4, 384)
    assert recorded(swin, "patch_embed.proj", size=64).shape == (4, 96), "a convolution has them first"


def test_a_module_of_regions_has_more_rows_than_images():
    class Regions(nn.Module):
        def __init__(self):
            super().__init__()
            self.box, self.head = nn.Flatten(0, 1), nn.Linear(3, 2)

        def forward(self, x):
            return self.head(self.box(x.mean(3).transpose(1, 2))).unflatten(0, (len(x), -1)).mean(1)

    with pytest.raises(LinexpError, match=r"box gives \(64, 3\) for 2 images; take one with a row for each"):
        recorded(Regions(), "box", "none")


def test_the_rows_of_every_batch_are_checked():
    class Regions(nn.Module):
        def __init__(self):
            super().__init__()
            self.box, self.passes = nn.Identity(), 0

        def forward(self, x):
            self.passes += 1
            regions = x.mean((2, 3))
            return self.box(regions if self.passes <= 3 else regions.repeat(2, 1))

    with pytest.raises(LinexpError, match=r"box gives \(4, 3\) for 2 images; take one with a row for each"):
        list(record_activations(Regions().eval(), "box", Neurons("none"), images(8).split(2)))


# --- networks that give an image other values in another pass


class Dropping(nn.Module):
    """A network with dropout that does not ask whether it is trained."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.conv(nn.functional.dropout(x, 0.2)).mean((2, 3)))


class Capsule(nn.Module):
    """Networks in training mode whatever is asked for."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def train(self, mode=True):
        return super().train()

    def forward(self, x):
        return self.norm(self.conv(x)).mean((2, 3))


def own_statistics() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False), nn.ReLU())


def skewed(n: int = 4) -> torch.Tensor:
    """Images of which the first are unlike the others."""
    return images(n) * torch.arange(1.0, n + 1)[:, None, None, None]


@pytest.mark.parametrize(
    ("build", "module", "batch"), [(Dropping, "conv", 2), (own_statistics, "1", 4), (Capsule, "norm", 4)]
)
def test_values_that_are_random_or_depend_on_the_batch_are_refused(build, module, batch):
    torch.manual_seed(0)
    with pytest.raises(LinexpError, match=rf"module: {module} gives other values for the same images in another pass"):
        list(record_activations(build().eval(), module, Neurons("max"), skewed().split(batch)))


def test_what_depends_on_the_batch_can_be_recorded_image_by_image():
    torch.manual_seed(0)
    network = own_statistics().eval()
    found = torch.cat(list(record_activations(network, "1", Neurons("avg"), images().split(1))))
    assert found.shape == (4, 4) and found.abs().max() < 1e-5, "each channel of an image has mean 0"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_rounding_is_no_other_value(dtype):
    network = resnet().to(dtype)
    whole = torch.cat(list(record_activations(network, "layer4", Neurons("avg"), images(8).split(8))))
    assert whole.shape == (8, 512)


# --- what hooks cannot see


@pytest.mark.parametrize("script", [torch.jit.script, lambda part: torch.jit.trace(part, torch.randn(2, 256, 2, 2))])
def test_a_module_of_torchscript_is_refused_and_those_around_it_are_not(script):
    network = resnet()
    network.layer4 = script(network.layer4)
    with pytest.raises(LinexpError, match="module: layer4 is TorchScript, scripted or traced, whose layers"):
        recorded(network, "layer4.1")
    assert recorded(network, "layer3").shape == (4, 256)
