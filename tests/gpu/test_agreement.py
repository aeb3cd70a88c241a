"""What a GPU computes agrees with the CPU: recordings, outputs, heads, dissections, embeddings, training."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.functional import pil_to_tensor

from helpers.on_gpu import BFLOAT16, FLOAT32, HALF_SIMILARITY, LAYERS, difference, images, on_gpu, resnet, vit
from linexp.concepts import image_text
from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.networks import training
from linexp.networks.dense import WAYS
from linexp.networks.dense.embedding import PlaceEncoder
from linexp.networks.heads import linear_head
from linexp.networks.outputs import record_logits
from linexp.networks.recording import record_activations
from linexp.networks.units.autoencoder import SparseAutoencoder
from linexp.networks.units.encoded import EncodedUnits
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.sae_formats.format import Autoencoder
from linexp.probes.batches import image_batches
from linexp.probes.masks import ImageMasks, PixelLabels

RESOURCES = Path(__file__).parents[2] / "workflow" / "resources"
N_IMAGES = 12


def recorded(network, module, pool, channels) -> torch.Tensor:
    batches = image_batches(images(N_IMAGES), lambda image: image, 5, 2, "recording")
    return torch.cat(list(record_activations(network, module, Neurons(pool, channels), batches)))


@pytest.mark.parametrize("layer", LAYERS)
def test_activations_agree(layer):
    build, *where = LAYERS[layer]
    network = build()
    found = recorded(on_gpu(network), *where)
    assert found.dtype == torch.float32 and not found.is_cuda
    assert difference(found, recorded(network, *where)) < FLOAT32


def test_features_of_an_autoencoder_and_what_they_write_agree():
    generator = torch.Generator().manual_seed(0)
    parts = [torch.randn(shape, generator=generator) for shape in ((20, 30), (30,), (30, 20), (20,))]
    output, found = torch.randn(4, 7, 20, generator=generator), []
    for where in ("cpu", "cuda"):
        sae = SparseAutoencoder("", Autoencoder(*parts, activation="top_k", k=3, normalise="layer_norm"))
        units, changed = EncodedUnits(sae, "avg"), output.to(where, copy=True)
        read = units.read(changed)
        for change in units.changes(changed, [int(read.sum(0).argmax())]):
            change.replace(torch.zeros(1), "constant")
        found.append((read.cpu(), changed.cpu(), *units.reconstruction.told("", True).values()))
    (read, changed, *told), (on_gpu_read, on_gpu_changed, *on_gpu_told) = found
    assert (changed != output).any()
    assert difference(on_gpu_read, read) < FLOAT32 and difference(on_gpu_changed, changed) < FLOAT32
    assert on_gpu_told == pytest.approx(told, rel=FLOAT32)


@pytest.mark.parametrize("build", [resnet, vit])
def test_activations_of_a_network_in_bfloat16_agree_with_those_in_float32(build):
    network = build()
    where = ("layer3" if build is resnet else "blocks.3", "avg", "first")
    expected = recorded(network, *where)
    assert difference(recorded(on_gpu(network.bfloat16()), *where), expected) < BFLOAT16


@pytest.mark.parametrize("build", [resnet, vit])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, FLOAT32), (torch.bfloat16, BFLOAT16)])
def test_outputs_agree(build, dtype, tolerance):
    network = build()
    expected = np.concatenate(list(record_logits(network, images(N_IMAGES).split(5))))
    found = np.concatenate(list(record_logits(on_gpu(network.to(dtype)), images(N_IMAGES).split(5))))
    assert difference(found, expected) < tolerance


@pytest.mark.parametrize(("build", "module", "pool"), [(resnet, "layer4", "avg"), (vit, "norm", "first")])
def test_a_linear_head_is_found_on_a_gpu_too_and_is_the_same(build, module, pool):
    network = build()
    expected = linear_head(network, module, Neurons(pool), images(4))
    found = linear_head(on_gpu(network), module, Neurons(pool), images(4))
    assert expected is not None
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_linear_head_is_none_on_a_gpu_either():
    assert linear_head(on_gpu(resnet()), "layer3", Neurons("avg"), images(4)) is None


class Halves(PixelLabels):
    """The left and the right part of every image."""

    concepts, categories = ("left", "right"), ("side", "side")

    def __len__(self) -> int:
        return N_IMAGES

    def masks(self, row: int) -> ImageMasks:
        left = np.arange(64) < 20 + row
        masks = np.broadcast_to(np.stack([left, ~left])[:, None], (2, 64, 64))
        return ImageMasks(np.arange(2), masks, frozenset({"side"}))


def test_network_dissection_agrees():
    rng, rows, network = np.random.default_rng(0), np.arange(N_IMAGES), resnet()
    pictures = [Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)) for _ in rows]
    labelled = LabelledImages(pictures, Halves(), rows, rows, lambda image: pil_to_tensor(image) / 255, 5, 2)
    expected = dissect(network, "layer2", labelled, top_fraction=0.1)
    found = dissect(on_gpu(network), "layer2", labelled, top_fraction=0.1)
    assert difference(found.thresholds, expected.thresholds) < 10 * FLOAT32
    np.testing.assert_allclose(found.iou, expected.iou, atol=0.01)


# --- image-text models

MODELS = {
    "a ResNet of the project": {"model": str(RESOURCES / "small_resnet.json")},
    "a vision transformer": {"model": "ViT-S-32-alt", "pretrained": "none", "prompt": "a photo of a {}."},
}
WORDS = ["dog", "cat", "snow and ice", "a red car", "sky"]


def built(model: str) -> image_text.ImageTextModel:
    torch.manual_seed(0)
    return image_text.build(MODELS[model])


def batch_for(model: image_text.ImageTextModel) -> torch.Tensor:
    rng = np.random.default_rng(0)
    colours = [Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)) for size in (2, 3, 5, 8, 13, 40)]
    return torch.stack([model.preprocess(colour.resize((300, 300), Image.Resampling.NEAREST)) for colour in colours])


@pytest.mark.parametrize("name", MODELS)
def test_embeddings_of_images_in_half_precision_leave_similarities_as_they_are(name):
    model = built(name)
    batch, concepts = batch_for(model), model.embed_concepts(WORDS)
    expected = model.embed_images(batch)
    found = image_text.to_device(model).embed_images(batch)
    assert found.dtype == torch.float32 and not found.is_cuda
    assert not torch.equal(found, expected), "float16 rounds"
    off = float((found @ concepts.T - expected @ concepts.T).abs().max())
    print(f"{torch.cuda.get_device_name()}: largest difference of a similarity {off:.1e}")
    assert off < HALF_SIMILARITY
    torch.testing.assert_close(found.norm(dim=1), torch.ones(len(batch)))


@pytest.mark.parametrize("name", MODELS)
def test_embeddings_of_concepts_agree(name):
    model = built(name)
    expected = model.embed_concepts(WORDS)
    assert difference(image_text.to_device(model).embed_concepts(WORDS), expected) < FLOAT32


def test_a_batch_in_which_half_precision_overflows_is_embedded_in_float32():
    model = built("a vision transformer")
    with torch.no_grad():
        model.network.visual.proj *= 1e6  # beyond 65,504, and in the same directions
    batch = batch_for(model)
    expected = model.embed_images(batch)
    found = image_text.to_device(model).embed_images(batch)
    assert difference(found, expected) < FLOAT32


@pytest.mark.parametrize("way", ["key_key", "identity", "crops"])
def test_embeddings_of_places_in_half_precision_leave_similarities_as_they_are(way):
    model = built("a vision transformer")
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)) for size in (2, 5, 13)]
    pictures = [picture.resize((300, 300), Image.Resampling.NEAREST) for picture in pictures]
    encoder, concepts = PlaceEncoder(model, WAYS[way], 3), model.embed_concepts(WORDS)
    batch = torch.stack([encoder.prepared(picture, (0.0, 0.0, 1.0, 1.0)) for picture in pictures])
    expected = encoder.embed(batch)
    found = PlaceEncoder(image_text.to_device(model), WAYS[way], 3).embed(batch)
    assert found.shape == (3, 9, 256) and found.dtype == torch.float32 and not found.is_cuda
    assert float((found @ concepts.T - expected @ concepts.T).abs().max()) < 3 * HALF_SIMILARITY


# --- training


def coloured(n: int) -> tuple[torch.Tensor, np.ndarray]:
    """Noise that is brighter in the channel of its class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n)
    pixels = rng.integers(0, 120, (n, 3, 64, 64))
    pixels[np.arange(n), labels] += 100
    return torch.from_numpy(pixels.astype(np.uint8)), labels.astype(np.int32)


SPLIT = np.array(["train", "train", "train", "val"] * 40)


def test_a_classifier_learns_on_a_gpu_and_comes_back():
    pixels, labels = coloured(len(SPLIT))
    settings = {"network": "test_resnet", "size": 64, "epochs": 4, "batch_size": 16, "learning_rate": 0.003}
    network, record = training.train_classifier(pixels, labels, SPLIT, 3, settings, seed=0)
    assert record["loss_by_epoch"][-1] < 0.7 * record["loss_by_epoch"][0]
    assert record["val_accuracy"] > 0.75, "chance is 1/3"
    assert not any(parameter.is_cuda for parameter in network.parameters())


def test_an_image_text_model_learns_on_a_gpu_and_comes_back():
    pixels, labels = coloured(len(SPLIT))
    settings = {"model": str(RESOURCES / "small_resnet.json"), "epochs": 4, "batch_size": 16, "learning_rate": 0.003}
    hot = np.eye(3, dtype=bool)[labels]
    network, record = training.train_image_text(pixels, hot, ["red", "green", "blue"], SPLIT, settings, seed=0)
    assert record["loss_by_epoch"][-1] < record["loss_by_epoch"][0]
    assert not any(parameter.is_cuda for parameter in network.parameters())
    json.dumps(record)
