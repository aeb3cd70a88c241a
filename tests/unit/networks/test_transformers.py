"""Networks of transformers, saved to a folder: opened, recorded and cut as the library itself computes them."""

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from transformers import (
    CLIPConfig,
    CLIPModel,
    ConvNextConfig,
    ConvNextForImageClassification,
    Dinov2Config,
    Dinov2Model,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import write_weights
from linexp.errors import LinexpError
from linexp.networks import targets
from linexp.networks.heads import linear_head
from linexp.networks.outputs import logits_of
from linexp.networks.recording import record_activations
from linexp.networks.sources import SOURCES
from linexp.networks.tails import split_network
from linexp.networks.units.neurons import Neurons
from linexp.terminal.layers import layers_of

SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
NETWORKS = {
    "vit": lambda: ViTForImageClassification(
        ViTConfig(**SMALL, intermediate_size=32, image_size=32, patch_size=8, num_labels=5)
    ),
    "resnet": lambda: ResNetForImageClassification(
        ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=5)
    ),
    "convnext": lambda: ConvNextForImageClassification(
        ConvNextConfig(hidden_sizes=[8, 16, 16, 24], depths=[1, 1, 1, 1], num_labels=5)
    ),
    "dino": lambda: Dinov2Model(Dinov2Config(**SMALL, mlp_ratio=2, image_size=32, patch_size=8)),
}
PROCESSOR = {"size": {"height": 32, "width": 32}, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7]}
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The networks, and the folder that each was saved to under its name."""
    folder = tmp_path_factory.mktemp("transformers")
    torch.manual_seed(0)
    networks = {name: make().eval() for name, make in NETWORKS.items()}
    for name, network in networks.items():
        network.save_pretrained(folder / name)
        transformers.ViTImageProcessor(**PROCESSOR).save_pretrained(folder / name)
    return folder, networks


def entry(folder, name, **further) -> dict:
    return {"source": "transformers", "name": str(folder / name), "weights": "pretrained", **further}


def opened(model: dict, tmp_path):
    """A target's network and preprocessing as jobs open them, by way of the file that the weights are downloaded to."""
    write_weights(tmp_path / "weights.safetensors", targets.download(model, {}), Provenance("test", {}, ""))
    return targets.load_target(model, str(tmp_path / "weights.safetensors"))


def images(n: int = 3) -> torch.Tensor:
    return torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["vit", "resnet", "convnext"])
def test_a_saved_classifier_gives_the_logits_and_takes_the_images_of_its_library(name, saved, tmp_path):
    folder, networks = saved
    network, preprocess = opened(entry(folder, name), tmp_path)
    with torch.no_grad():
        np.testing.assert_allclose(logits_of(network, images()), networks[name](images()).logits, atol=1e-6)
    pixels = np.asarray(PHOTO.resize((32, 32), Image.Resampling.BILINEAR), np.float32).transpose(2, 0, 1) / 255
    normal = (pixels - np.array([[[0.1]], [[0.2]], [[0.3]]])) / np.array([[[0.5]], [[0.6]], [[0.7]]])
    seen = preprocess(PHOTO)
    assert (seen.shape, seen.dtype) == ((3, 32, 32), torch.float32)
    np.testing.assert_allclose(seen, normal, atol=0.02)


def test_a_layer_is_recorded_as_the_library_gives_it_and_its_head_and_tail_are_found(saved, tmp_path):
    folder, networks = saved
    network, _ = opened(entry(folder, "vit"), tmp_path)
    (recorded,) = record_activations(network, "vit.layers.0", Neurons("first"), [images()])
    with torch.no_grad():
        states = networks["vit"](images(), output_hidden_states=True).hidden_states
    np.testing.assert_allclose(recorded, states[1][:, 0], atol=1e-5)
    weight, _ = linear_head(network, "vit", Neurons("first"), images(), "last_hidden_state")
    np.testing.assert_array_equal(weight, networks["vit"].classifier.weight.detach())
    split = split_network(network, "vit.layers.0.attention", images(), 0)
    with torch.no_grad():
        np.testing.assert_allclose(split.tail(*split.head(images())), logits_of(network, images()), atol=1e-5)


def test_a_network_of_features_is_recorded_and_its_listing_says_that_it_has_no_logits(saved, tmp_path):
    folder, networks = saved
    network, _ = opened(entry(folder, "dino"), tmp_path)
    (recorded,) = record_activations(network, "layernorm", Neurons("first"), [images()])
    with torch.no_grad():
        np.testing.assert_allclose(recorded, networks["dino"](images()).pooler_output, atol=1e-5)
    with pytest.raises(LinexpError, match=r"type BaseModelOutputWithPooling; say which part .* or say `classes: none`"):
        logits_of(network, images())
    text = layers_of(entry(folder, "dino"), None, 2)
    assert "ablation behind other layers: model: 2 images give an output of type BaseModelOutputWithPooling" in text
    assert "{module: layernorm, pool: avg}" in text


def test_weights_that_do_not_fit_are_told_and_nothing_is_left_random(saved):
    folder, _ = saved
    with pytest.raises(
        LinexpError, match=r"have no classifier.bias, which Dinov2ForImageClassification needs; give the"
    ):
        targets.download(entry(folder, "dino", architecture="Dinov2ForImageClassification"), {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "Nonsense"}, "model.architecture: Nonsense is not a network of transformers; give the name"),
        ({"architecture": "BertModel"}, "model.architecture: BertModel takes input_ids, not images; give that of its"),
        ({"architecture": "CLIPModel"}, "model.architecture: CLIPModel takes input_ids, not images; give that of its"),
    ],
)
def test_what_takes_no_images_is_told(saved, change, message):
    with pytest.raises(LinexpError, match=message):
        targets.build_network(entry(saved[0], "vit", **change))


def test_the_vision_part_of_a_saved_pair_is_a_network(tmp_path):
    part = {**SMALL, "intermediate_size": 32, "image_size": 32, "patch_size": 8}
    pair = CLIPModel(CLIPConfig(vision_config=part, text_config={**part, "vocab_size": 20}, projection_dim=8)).eval()
    pair.save_pretrained(tmp_path / "clip")
    transformers.CLIPImageProcessor().save_pretrained(tmp_path / "clip")
    network, preprocess = opened(entry(tmp_path, "clip", architecture="CLIPVisionModel"), tmp_path)
    with torch.no_grad():
        expected = pair.vision_model(images()).pooler_output
        np.testing.assert_allclose(network(images()).pooler_output, expected, atol=1e-5)
    assert preprocess(PHOTO).shape == (3, 224, 224)


def test_a_folder_without_a_configuration_is_told_in_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        LinexpError, match=r"model.name: the configuration of .*empty cannot be read .*; correct the name"
    ):
        targets.build_network(entry(tmp_path, "empty"))


def test_the_files_of_a_folder_count_as_those_that_a_network_is_made_of(saved):
    names = [path.rpartition("/")[2] for path in SOURCES["transformers"].code(entry(saved[0], "vit"))]
    assert names == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert SOURCES["transformers"].code({"name": "facebook/dinov2-base"}) == []
