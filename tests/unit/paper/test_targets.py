"""The paper's networks as config.yaml names them, with random weights: layers, shapes, pooling, and the cut."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import nn

from linexp.networks.heads import linear_head
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.targets import load_target, preprocessing
from linexp.networks.units.neurons import Neurons

TARGETS = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8"))["targets"]
NEURONS = {
    ("resnet50", "conv1"): 64,
    ("resnet50", "layer1"): 256,
    ("resnet50", "layer2"): 512,
    ("resnet50", "layer3"): 1024,
    ("resnet50", "layer4"): 2048,
    ("resnet18_places365", "conv1"): 64,
    ("resnet18_places365", "layer1"): 64,
    ("resnet18_places365", "layer2"): 128,
    ("resnet18_places365", "layer3"): 256,
    ("resnet18_places365", "layer4"): 512,
    ("vit_b_16", "mlp10"): 3072,
    ("vit_b_16", "mlp11"): 3072,
    ("vit_b_16", "stream10"): 768,
    ("vit_b_16", "stream11"): 768,
    ("vit_l_32", "mlp23"): 4096,
    ("vit_l_16", "mlp23"): 4096,
}
LARGE = ("vit_b_16", "vit_l_32", "vit_l_16")
CUT = [key for key in NEURONS if key[1] in ("conv1", "layer3", "mlp11", "mlp23")]
CLASSES = {"resnet18_places365": 365}
IMAGES = torch.randn(2, 3, 224, 224, generator=torch.manual_seed(0))


@lru_cache(maxsize=1)  # the large ones need gigabytes
def network(target: str) -> nn.Module:
    return load_target(TARGETS[target]["model"], None)[0]


def test_every_layer_of_the_papers_torchvision_networks_is_tested():
    models = {name: target["model"] for name, target in TARGETS.items() if "model" in target}
    named = {name for name, model in models.items() if model["source"] == "torchvision"}
    assert {(name, layer) for name in named for layer in TARGETS[name]["layers"]} == set(NEURONS)


def marked(keys) -> list:
    """The large networks take gigabytes."""
    return [pytest.param(*key, marks=pytest.mark.long if key[0] in LARGE else ()) for key in keys]


@pytest.mark.parametrize(("target", "layer"), marked(NEURONS))
def test_layers_are_recorded_as_a_hook_sees_them(target, layer):
    entry = TARGETS[target]["layers"][layer]
    seen = []
    module = network(target).get_submodule(entry["module"])
    with module.register_forward_hook(lambda _module, _inputs, output: seen.append(output)), torch.no_grad():
        logits = network(target)(IMAGES)
    assert logits.shape == (2, CLASSES.get(target, 1000))
    output = seen[0].flatten(2).transpose(1, 2) if seen[0].ndim == 4 else seen[0]
    expected = output[:, 0] if entry["pool"] == "first" else output.mean(dim=1)
    (recorded,) = record_activations(network(target), entry["module"], Neurons(entry["pool"]), [IMAGES])
    assert recorded.shape == (2, NEURONS[target, layer])
    torch.testing.assert_close(recorded, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("target", "layer"), marked(CUT))
def test_networks_are_cut_behind_their_layers(target, layer):
    entry = TARGETS[target]["layers"][layer]
    split = split_network(network(target), entry["module"], IMAGES)
    tail = ReplayedTail(split, lambda rows: [IMAGES[torch.as_tensor(rows)]], Neurons(entry["pool"]))
    with torch.no_grad():
        expected = network(target)(IMAGES)
    np.testing.assert_allclose(tail.original(np.arange(2)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("target", sorted({name for name, _ in NEURONS}))
def test_preprocessing_crops_and_normalises_as_the_weights_were_trained(target):
    black = preprocessing(TARGETS[target]["model"])(Image.new("RGB", (400, 300)))
    assert black.shape == (3, 224, 224)
    means, stds = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(black.mean(dim=(1, 2)), -means / stds)


HUBCONF = """
from torch import nn
from torchvision.models import vgg16_bn


class VGG(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = vgg16_bn(weights=None).features
        hidden = [nn.Linear(512, 512), nn.ReLU(True), nn.Dropout(), nn.Linear(512, 512), nn.ReLU(True), nn.Dropout()]
        self.classifier = nn.Sequential(*hidden, nn.Linear(512, classes))

    def forward(self, images):
        return self.classifier(self.features(images).flatten(1))


def cifar100_vgg16_bn(pretrained=False):
    return VGG(100)
"""


@pytest.mark.parametrize(("layer", "linear"), [("classifier4", True), ("features43", False)])
def test_the_vgg_of_torch_hub_in_a_folder_of_the_same_layout(tmp_path, layer, linear):
    (tmp_path / "hubconf.py").write_text(HUBCONF)
    entry = TARGETS["vgg16_cifar100"]
    module, pool = entry["layers"][layer]["module"], entry["layers"][layer]["pool"]
    vgg, preprocess = load_target(entry["model"] | {"repo": str(tmp_path), "weights": "none"}, None)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    images = torch.stack([preprocess(Image.fromarray(image)) for image in pixels])
    with torch.no_grad():
        maps = vgg.features(images)
        expected = vgg.classifier[:5](maps.flatten(1)) if linear else maps.mean(dim=(2, 3))
        logits = vgg(images)
    (recorded,) = record_activations(vgg, module, Neurons(pool), [images])
    assert recorded.shape == (3, 512)
    torch.testing.assert_close(recorded, expected)
    tail = ReplayedTail(split_network(vgg, module, images), lambda rows: [images[torch.as_tensor(rows)]], Neurons(pool))
    np.testing.assert_allclose(tail.original(np.arange(3)), logits, rtol=1e-4, atol=1e-6)
    assert (linear_head(vgg, module, Neurons(pool), images) is not None) == linear
