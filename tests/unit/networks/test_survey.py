"""The modules of a network: their shapes, how often they run, and behind which the rest is linear."""

import pytest
import timm
import torch
import torchvision
from torch import nn

from linexp.networks.heads import linear_head
from linexp.networks.survey import survey, why_not_replayed
from linexp.networks.units.neurons import Neurons

IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def by_path(network, images=IMAGES, **arguments):
    return {module.path: module for module in survey(network.eval(), images, **arguments)}


def test_a_resnet_has_a_linear_tail_behind_its_last_layer_and_relus_that_run_twice():
    found = by_path(torchvision.models.resnet18(weights=None))
    assert found["layer4"].output == (512, 2, 2) and found["layer4"].neurons == 512
    assert found["layer4"].linear == ("avg",) and found["layer4"].pools == ("avg", "max")
    assert found["avgpool"].linear == ("avg", "max"), "of one place"
    assert found["layer3"].linear == () and found["layer3"].runs == 1
    assert found["layer4.1.relu"].runs == 2 and found["layer4.1.relu"].linear == ()
    assert found["fc"].output == (1000,) and found["fc"].pools == ("none",)


@pytest.mark.parametrize("name", ["test_vit", "test_convnext"])
def test_linear_tails_are_those_that_extract_head_finds(name):
    network = timm.create_model(name, pretrained=False).eval()
    images = torch.randn(2, 3, 160, 160, generator=torch.Generator().manual_seed(0))
    for module in by_path(network, images).values():
        found = {
            pool
            for pool in (module.pools if module.runs == 1 else ())
            if linear_head(network, module.path, Neurons(pool), images)
        }
        assert found == set(module.linear), module.path


def test_tokens_and_maps_that_end_with_channels_have_their_neurons_at_the_end():
    vit = by_path(timm.create_model("test_vit", pretrained=False), torch.randn(2, 3, 160, 160))
    assert vit["blocks.1"].neurons == vit["blocks.1"].output[1] and "first" in vit["blocks.1"].pools

    class Last(nn.Module):
        def forward(self, maps):
            return maps.permute(0, 2, 3, 1)

    network = nn.Sequential(nn.Conv2d(3, 5, 3), Last(), nn.Flatten(), nn.LazyLinear(2))
    found = by_path(network, channels="last")
    assert found["1"].output == (62, 62, 5) and found["1"].neurons == 5


def test_square_maps_tell_which_of_their_axes_are_neurons():
    swin = torchvision.models.SwinTransformer([4, 4], 12, [1, 1], [2, 2], [4, 4], num_classes=5)
    found = by_path(swin)
    assert found["features.1"].output == (16, 16, 12) and found["features.1"].channels == "last"
    assert found["features.1"].neurons == 12 and found["features.0.0"].neurons == 12
    assert found["features.0.0"].channels == "first" and found["norm"].linear == ("avg",)


class Odd(nn.Module):
    """Modules that cannot be explained: of a tuple, of rows of their own, unused."""

    def __init__(self):
        super().__init__()
        self.pair, self.names, self.regions, self.unused = Pair(), Names(), Regions(), nn.Identity()
        self.head = nn.Linear(3, 2)

    def forward(self, images):
        first, _ = self.pair(images)
        self.names(images)
        return self.head(self.regions(first).reshape(len(images), 4, 3).mean(1))


class Pair(nn.Module):
    def forward(self, images):
        return images.mean((2, 3)), images


class Names(nn.Module):
    def forward(self, images):
        return "one", "two"


class Regions(nn.Module):
    def forward(self, pooled):
        return pooled.repeat(4, 1)


def test_what_cannot_be_explained_is_said():
    found = by_path(Odd())
    assert (found["names"].output, found["names"].neurons, found["names"].pools) == ("tuple", None, ())
    assert found["regions"].output == "rows of its own"
    assert found["unused"].output == "–" and found["unused"].runs == 0
    assert found["head"].neurons == 2


def test_of_a_module_that_returns_several_tensors_the_first_is_a_layer():
    pair = by_path(Odd())["pair"]
    assert (pair.part, pair.output, pair.neurons, pair.pools) == (0, (3,), 3, ("none",))


def test_why_a_network_cannot_be_replayed_is_told():
    class Data(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, images):
            maps = self.first(images)
            if maps.sum() > 0:
                maps = maps * 2
            return self.last(maps.mean((2, 3))).relu()

    for network, replayed in ((Data().eval(), False), (torchvision.models.resnet18(weights=None).eval(), True)):
        why = why_not_replayed(network, survey(network, IMAGES), IMAGES)
        assert (why is None) == replayed
        assert replayed or "torch.export cannot trace" in why


def test_modules_of_torchscript_are_listed_as_seen_from_outside():
    network = torchvision.models.resnet18(weights=None).eval()
    network.layer4 = torch.jit.script(network.layer4)
    found = by_path(network)
    assert found["layer4"].runs == 0 and found["layer3"].output == (256, 4, 4)
