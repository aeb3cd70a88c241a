"""Maps of what is shown are those that a hook sees of the network, on the images and units that are asked for."""

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision.transforms import v2

from linexp.networks import shown_maps
from linexp.networks.shown_maps import NoMaps, in_few_cells, location_output, maps_of_shown
from linexp.networks.units.encoded import EncodedUnits
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.projection import Projection

SHOWN = [(1, np.array([5, 2])), (3, np.array([2, 7, 0]))]
TO_TENSOR = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]


def pictures(size=(48, 32), n: int = 9) -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8)) for _ in range(n)]


class Seen(nn.Module):
    """Maps that are the colours of 4 × 4 pixels, doubled, of units 0 to 3; or these as tokens behind a class token."""

    def __init__(self, tokens: bool = False):
        super().__init__()
        self.cut, self.tokens = nn.AvgPool2d(4), nn.Identity()
        self.as_tokens = tokens

    def forward(self, images):
        maps = 2 * self.cut(torch.cat([images, images[:, :1]], 1))
        if not self.as_tokens:
            return self.tokens(maps).mean((2, 3))
        tokens = maps.flatten(2).transpose(1, 2)
        return self.tokens(torch.cat([100 + tokens[:, :1], tokens], 1)).mean(1)


def recorded(network, module, units=None, images=None, shown=SHOWN, size=32, **layer):
    images = images or pictures()
    preprocess = v2.Compose([v2.Resize(size), v2.CenterCrop(size), *TO_TENSOR])
    layer = {"module": module} | layer
    return maps_of_shown(network.eval(), layer, units or Neurons(), images, preprocess, shown, 4, 1), preprocess


@torch.no_grad()
def hooked(network, module, images, preprocess) -> np.ndarray:
    kept = []
    with network.get_submodule(module).register_forward_hook(lambda _m, _i, output: kept.append(output.clone())):
        network.eval()(torch.stack([preprocess(image) for image in images]))
    return kept[0].numpy()


@pytest.mark.parametrize("tokens", [False, True])
def test_maps_are_what_a_hook_sees_at_each_place(tokens):
    network = Seen(tokens)
    found, preprocess = recorded(network, "tokens")
    output = hooked(network, "tokens", pictures(), preprocess)
    if tokens:
        output = output[:, 1:].transpose(0, 2, 1).reshape(9, 4, 8, 8)
    for neuron, rows in SHOWN:
        np.testing.assert_allclose(found.of(neuron, rows), output[rows, neuron], atol=1e-6)
    assert found.rows.tolist() == [0, 2, 5, 7]
    np.testing.assert_allclose(found.boxes, 4 * [[1 / 6, 0, 5 / 6, 1]], atol=0.01)


def test_maps_of_a_residual_network_are_averaged_to_few_cells():
    torch.manual_seed(0)
    network = torchvision.models.resnet18(num_classes=3)
    found, preprocess = recorded(network, "layer1", size=112)
    output = hooked(network, "layer1", pictures(), preprocess)
    assert output.shape[2:] == (28, 28)
    for neuron, rows in SHOWN:
        literal = output[rows, neuron].reshape(-1, 14, 2, 14, 2).mean((2, 4))
        np.testing.assert_allclose(found.of(neuron, rows), literal, atol=1e-5)


def test_many_maps_have_half_as_many_cells(monkeypatch):
    monkeypatch.setattr(shown_maps, "MOST_VALUES", 5 * 14**2 - 1)
    network = torchvision.models.resnet18(num_classes=3)
    assert recorded(network, "layer1", size=112)[0].maps.shape == (5, 7, 7)


def test_uneven_sides_are_averaged_by_the_part_of_each_value_in_a_cell():
    maps = torch.rand(2, 3, 20, generator=torch.Generator().manual_seed(0))
    found = in_few_cells(maps, 14)
    assert found.shape == (2, 3, 14)
    finer = maps.repeat_interleave(14, dim=2).reshape(2, 3, 14, 20).mean(3)
    torch.testing.assert_close(found, finer)


def test_maps_of_directions_are_the_layer_along_them():
    directions = torch.randn(4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    directions /= directions.norm(dim=1, keepdim=True)
    units = EncodedUnits(Projection("a file", directions), "avg")
    found, preprocess = recorded(Seen(), "tokens", units)
    output = hooked(Seen(), "tokens", pictures(), preprocess)
    for neuron, rows in SHOWN:
        along = np.einsum("nchw,c->nhw", output[rows], directions[neuron].numpy())
        np.testing.assert_allclose(found.of(neuron, rows), along, atol=1e-5)


def test_a_layer_without_places_has_no_maps_and_says_why():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
    found, _ = recorded(network, "1")
    assert len(found.maps) == 0 and "(5,) has no places" in found.why_none
    for shape in ((2, 47, 4), (2, 4)):
        with pytest.raises(NoMaps):
            location_output(torch.zeros(shape), "first")


def test_where_the_network_sees_a_border_maps_lie_over_nothing():
    preprocess = v2.Compose([v2.Pad(10), v2.Resize((32, 32)), *TO_TENSOR])
    found = maps_of_shown(Seen(), {"module": "tokens"}, Neurons(), pictures(), preprocess, SHOWN, 4, 1)
    assert "adds a border" in found.why_none
