"""Preprocessing of images: what the weights come with, or what is given, as the libraries themselves do it."""

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image

from helpers.configs import SCHEMA, at
from helpers.networks import photo, settings
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.networks import targets

NORMAL = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}


@pytest.mark.parametrize(
    ("name", "weights"),
    [("resnet18", "IMAGENET1K_V1"), ("resnet50", "IMAGENET1K_V2"), ("vit_b_16", "IMAGENET1K_SWAG_E2E_V1")],
)
@pytest.mark.parametrize("size", [(500, 375), (260, 700)])
def test_torchvision_weights_bring_their_own_preprocessing(name, weights, size):
    own = torchvision.models.get_weight(f"{torchvision.models.get_model_weights(name).__name__}.{weights}").transforms()
    preprocess = targets.preprocessing(settings("torchvision", name, weights))
    torch.testing.assert_close(preprocess(photo(*size)), own(photo(*size)), rtol=0, atol=0)


@pytest.mark.parametrize("weights", ["pretrained", "none", "mine.pth"])
@pytest.mark.parametrize("name", ["test_resnet", "resnet50.a1_in1k", "vit_tiny_patch16_224", "inception_v3"])
def test_networks_of_timm_bring_their_resolved_preprocessing(name, weights):
    network = timm.create_model(name, pretrained=False)
    configuration = timm.data.resolve_model_data_config(network)
    own = timm.data.create_transform(**configuration, is_training=False)
    image = photo(300, 200)
    ours = targets.preprocessing(settings("timm", name, weights))(image)
    assert ours.shape == configuration["input_size"]
    torch.testing.assert_close(ours, own(image), rtol=0, atol=0)


@pytest.mark.parametrize("weights", ["none", "mine.pth"])
def test_a_network_of_timm_needs_no_preprocess_and_a_given_one_counts_more(weights):
    entry = {"source": "timm", "name": "botnet50ts_256", "weights": weights}
    given = checked(at("targets.other.model", entry), SCHEMA)["targets"]["other"]["model"]
    assert targets.preprocessing(given)(photo(300, 200)).shape == (3, 256, 256), "timm has no weights, but a size"
    np.testing.assert_allclose(
        targets.preprocessing(given | {"preprocess": NORMAL})(photo(11, 7)), normalised(photo(11, 7)), atol=1e-6
    )


def normalised(image: Image.Image) -> np.ndarray:
    values = np.asarray(image, np.float32) / 255
    return ((values - np.float32(NORMAL["mean"])) / np.float32(NORMAL["std"])).transpose(2, 0, 1)


def test_given_preprocessing_scales_and_normalises_each_channel():
    image = photo(11, 7)
    tensor = targets.given_preprocessing(**NORMAL)(image)
    assert tensor.dtype == torch.float32
    np.testing.assert_allclose(tensor, normalised(image), atol=1e-6)


def test_without_a_crop_both_sides_are_resized():
    for size in ((90, 50), (50, 90), (32, 32), (8, 20)):
        tensor = targets.given_preprocessing(**NORMAL, resize=32)(photo(*size))
        assert tensor.shape == (3, 32, 32)
        expected = normalised(photo(*size).resize((32, 32), Image.Resampling.BILINEAR))
        assert np.abs(tensor.numpy() - expected).max() < 2 / 255 / min(NORMAL["std"])


@pytest.mark.parametrize("size", [(90, 50), (50, 90), (64, 64)])
def test_with_a_crop_the_shorter_side_is_resized_and_the_centre_kept(size):
    tensor = targets.given_preprocessing(**NORMAL, resize=40, crop=32, interpolation="bicubic")(photo(*size))
    scale = 40 / min(size)
    width, height = int(size[0] * scale), int(size[1] * scale)
    left, top = round((width - 32) / 2), round((height - 32) / 2)
    image = photo(*size).resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + 32, top + 32))
    assert tensor.shape == (3, 32, 32)
    assert np.abs(tensor.numpy() - normalised(image)).max() < 2 / 255 / min(NORMAL["std"])


def test_given_preprocessing_counts_more_than_that_of_the_weights():
    entry = settings("torchvision", "resnet18", "IMAGENET1K_V1", preprocess=NORMAL)
    np.testing.assert_allclose(targets.preprocessing(entry)(photo(11, 7)), normalised(photo(11, 7)), atol=1e-6)


def test_a_timm_network_without_published_weights_needs_preprocess():
    with pytest.raises(LinexpError, match="timm has no weights for resnet10t_nothing; give preprocess"):
        targets.preprocessing(settings("timm", "resnet10t_nothing", "pretrained"))
