"""All that runs networks over images gives the same where a GPU, made up here, has no memory for whole batches."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision.models.resnet import BasicBlock

from linexp.concepts import image_text
from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.jobs.gpu_memory import map_what_fits
from linexp.networks.outputs import record_logits
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.neurons import Neurons
from linexp.probes.masks import ImageMasks, PixelLabels

SMALL = Path(__file__).parents[3] / "workflow" / "resources" / "small_resnet.json"
ROOM = 3
"""Images that fit, of batches of 8."""
N_IMAGES = 21


@contextmanager
def little_memory(module: nn.Module):
    """A card on which a module runs out of memory with more than `ROOM` images; yields how many it was given."""
    given = []

    def fail(_module, inputs):
        given.append(len(inputs[0]))
        if given[-1] > ROOM:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with module.register_forward_pre_hook(fail):
        yield given
    assert max(given) > ROOM >= max(given[-3:])


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9).eval()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(N_IMAGES, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def test_activations(network, images):
    def recorded():
        return torch.cat(list(record_activations(network, "layer3", Neurons("avg"), images.split(8))))

    expected = recorded()
    with little_memory(network.layer2):
        torch.testing.assert_close(recorded(), expected, atol=1e-5, rtol=0)


def test_outputs(network, images):
    expected = np.concatenate(list(record_logits(network, images.split(8))))
    with little_memory(network.layer2):
        np.testing.assert_allclose(np.concatenate(list(record_logits(network, images.split(8)))), expected, atol=1e-5)


def test_embeddings_of_images_and_concepts():
    torch.manual_seed(0)
    model = image_text.build({"model": str(SMALL)})
    batches = torch.randn(N_IMAGES, 3, 64, 64).split(8)
    words = [f"word {number}" for number in range(11)]
    images, concepts = torch.cat([*map(model.embed_images, batches)]), model.embed_concepts(words)
    with little_memory(model.network.visual):
        torch.testing.assert_close(torch.cat([*map_what_fits(model.embed_images, batches)]), images, atol=1e-5, rtol=0)
    with little_memory(model.network.transformer):
        torch.testing.assert_close(model.embed_concepts(words, batch_size=8), concepts, atol=1e-5, rtol=0)


@pytest.mark.parametrize("part", ["head", "tail"])
def test_replayed_tails(network, images, part):
    split = split_network(network, "layer3", images[:2])
    tail = ReplayedTail(split, lambda rows: images[torch.from_numpy(rows)].split(8), Neurons("avg"))
    rows, values = np.arange(N_IMAGES)[::-1].copy(), [np.array([[1.0], [-2.0]]), np.ones((1, N_IMAGES))]

    def replayed():
        found = [np.empty((len(of_neuron), N_IMAGES, 9)) for of_neuron in values]
        for j, m, block, logits in tail.passes(rows, [5, 0], values):
            found[j][m, block] = logits
        return np.concatenate([*found, tail.original(rows)[None]])

    expected = replayed()
    with little_memory(getattr(split, part)):
        np.testing.assert_allclose(replayed(), expected, atol=1e-5)


class Stripes(PixelLabels):
    """The two halves of every image, which grow with its number."""

    concepts, categories = ("left", "right"), ("side", "side")

    def __len__(self) -> int:
        return N_IMAGES

    def masks(self, row: int) -> ImageMasks:
        left = np.arange(32) < 5 + row
        masks = np.broadcast_to(np.stack([left, ~left])[:, None], (2, 32, 32))
        return ImageMasks(np.arange(2), masks, frozenset({"side"}))


def test_network_dissection(network):
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)) for _ in range(N_IMAGES)]
    rows = np.arange(N_IMAGES)

    def preprocess(image: Image.Image) -> torch.Tensor:
        return torchvision.transforms.functional.pil_to_tensor(image) / 255

    labelled = LabelledImages(pictures, Stripes(), rows, rows, preprocess, 8, 2)
    expected = dissect(network, "layer1", labelled, top_fraction=0.1)
    with little_memory(network.conv1) as given:
        found = dissect(network, "layer1", labelled, top_fraction=0.1)
    assert given.count(8) == 2, "each of the two passes finds out"
    np.testing.assert_allclose(found.thresholds, expected.thresholds, rtol=1e-5)
    np.testing.assert_allclose(found.iou, expected.iou, atol=1e-4)
    assert expected.iou.max() > 0.05
