"""Networks with published weights: built as their libraries build them for these, and filled with them."""

import contextlib
import re

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn
from torchvision.models import WeightsEnum
from torchvision.ops import FrozenBatchNorm2d

from helpers.networks import settings
from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import write_weights
from linexp.errors import LinexpError
from linexp.networks import targets

PROVENANCE = Provenance("test", {}, "")


@contextlib.contextmanager
def published(monkeypatch, name: str, weights: str, **arguments):
    """Torchvision's way of building a network with its own weights, with random weights in place of the download."""
    builder = torchvision.models.get_model_builder(name)
    found = {}

    def random_weights(self, *_args, **_kwargs):
        return found["state"]

    def remember(network, state, *_args, **_kwargs):
        found["loaded"] = True

    with monkeypatch.context() as patched:
        found["state"] = {}
        patched.setattr(WeightsEnum, "get_state_dict", random_weights)
        patched.setattr(nn.Module, "load_state_dict", remember)
        yield builder(weights=weights, **arguments)
        assert found["loaded"]


@pytest.mark.parametrize(
    ("name", "weights", "attributes"),
    [
        ("googlenet", "IMAGENET1K_V1", ["transform_input", "aux_logits"]),
        ("inception_v3", "IMAGENET1K_V1", ["transform_input", "aux_logits"]),
        ("vit_b_16", "IMAGENET1K_SWAG_E2E_V1", ["image_size"]),
        ("fcn_resnet50", "COCO_WITH_VOC_LABELS_V1", []),
        ("deeplabv3_mobilenet_v3_large", "DEFAULT", []),
    ],
)
def test_networks_are_built_as_torchvision_builds_them_for_its_own_weights(name, weights, attributes, monkeypatch):
    ours = targets.build_network(settings("torchvision", name, weights))
    with published(monkeypatch, name, weights) as own:
        for attribute in attributes:
            assert getattr(ours, attribute) == getattr(own, attribute), attribute
        assert ours.state_dict().keys() == own.state_dict().keys()
        assert all(ours.state_dict()[key].shape == value.shape for key, value in own.state_dict().items())


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("fasterrcnn_resnet50_fpn", "COCO_V1"),
        ("retinanet_resnet50_fpn", "DEFAULT"),
        ("maskrcnn_resnet50_fpn", "COCO_V1"),
        ("keypointrcnn_resnet50_fpn", "COCO_V1"),
        ("keypointrcnn_resnet50_fpn", "COCO_LEGACY"),
        ("fcos_resnet50_fpn", "COCO_V1"),
    ],
)
def test_batch_norms_of_detectors_have_the_eps_that_they_were_trained_with(name, weights, monkeypatch):
    with torch.device("meta"):
        ours = targets.build_network(settings("torchvision", name, weights))
        with published(monkeypatch, name, weights) as own:
            norms = {path: module.eps for path, module in own.named_modules() if isinstance(module, FrozenBatchNorm2d)}
    assert {path: module.eps for path, module in ours.named_modules() if isinstance(module, nn.BatchNorm2d)} == norms


def test_a_published_detector_computes_what_torchvision_s_computes(monkeypatch, tmp_path):
    name, weights = "fasterrcnn_resnet50_fpn", "COCO_V1"
    with published(monkeypatch, name, weights) as own:
        pass
    generator = torch.Generator().manual_seed(0)
    for module in own.modules():
        if isinstance(module, FrozenBatchNorm2d):
            module.running_var.uniform_(1e-7, 1e-4, generator=generator)
            module.weight.uniform_(1e-4, 1e-3, generator=generator)
    write_weights(tmp_path / "w.safetensors", own.state_dict(), PROVENANCE)
    ours, _ = targets.load_target(settings("torchvision", name, weights), tmp_path / "w.safetensors")
    image = torch.randn(1, 3, 64, 64, generator=generator)
    with torch.no_grad():
        expected = own.eval().backbone.body(image)["3"]
        torch.testing.assert_close(
            ours.backbone.body(image)["3"], expected, rtol=1e-3, atol=float(expected.abs().max()) * 1e-4
        )


@pytest.mark.parametrize(
    "name",
    ["tf_efficientnet_lite0", "inception_v3.tv_in1k", "vit_tiny_patch16_224.augreg_in21k", "convnext_atto.d2_in1k"],
)
def test_timm_builds_the_same_network_with_and_without_its_weights(name, monkeypatch):
    monkeypatch.setattr("timm.models._builder.load_pretrained", lambda *_args, **_kwargs: None)
    with torch.device("meta"):
        ours, own = targets.build_network(settings("timm", name)), timm.create_model(name, pretrained=True)
    assert repr(ours) == repr(own) and "eps=" in repr(own)
    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape for name, value in own.state_dict().items()
    }


def test_old_files_of_torchvision_load_into_todays_networks(monkeypatch, tmp_path):
    """The files behind densenet121 and resnet18 are older than today's names and counters."""
    entry = settings("torchvision", "densenet121", "IMAGENET1K_V1")
    state = targets.build_network(entry, seed=1).state_dict()
    state = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    old_names = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): name for name in state}
    assert old_names.keys() != state.keys()
    old = {old_name: state[name] for old_name, name in old_names.items()}
    monkeypatch.setattr(WeightsEnum, "get_state_dict", lambda *_args, **_kwargs: dict(old))
    write_weights(tmp_path / "weights.safetensors", targets.download(entry, {}), PROVENANCE)
    network, _ = targets.load_target(entry, tmp_path / "weights.safetensors")
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in state.items())


@pytest.mark.parametrize("weights", ["IMAGENET1K_V3", "ResNet18_Weights.IMAGENET1K_V1", "None"])
def test_unknown_torchvision_weights_name_the_known_ones(weights):
    for use in (targets.preprocessing, lambda entry: targets.download(entry, {})):
        with pytest.raises(LinexpError, match=rf"'{weights}' is unknown for resnet18; use one of IMAGENET1K_V1"):
            use(settings("torchvision", "resnet18", weights))


@pytest.mark.parametrize(
    "entry",
    [
        settings("torchvision", "resnet18", "IMAGENET1K_V1") | {"arguments": {"num_classes": 7}},
        settings("torchvision", "resnet18", "IMAGENET1K_V1") | {"arguments": {"wdith": 7}},
        settings("timm", "test_resnet", "pretrained") | {"arguments": {"wdith": 7}},
    ],
)
def test_arguments_that_published_weights_do_not_take_are_told_when_these_are_downloaded(entry):
    argument = next(iter(entry["arguments"]))
    said = rf"model: {entry['name']} cannot be built \(.*{argument}.*\); check its name and arguments"
    with pytest.raises(LinexpError, match=said):
        targets.download(entry, {})


def test_a_network_of_timm_on_the_hub_is_built_filled_and_preprocessed_as_its_repository_says(tmp_path, monkeypatch):
    torch.manual_seed(0)
    original = timm.create_model("test_resnet", num_classes=7, pretrained_cfg_overlay={"mean": (0.1, 0.2, 0.3)}).eval()
    folder = tmp_path / "models--somebody--net"
    timm.models.save_for_hf(original, folder / "snapshots/abc", safe_serialization=True)
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = settings("timm", "hf-hub:somebody/net", "pretrained")
    with monkeypatch.context() as patch:  # what is in the cache is taken from there
        patch.setattr("linexp.jobs.downloads._why_hugging_face_is_out_of_reach", lambda: "no internet")
        write_weights(tmp_path / "weights.safetensors", targets.download(model, {}), PROVENANCE)
        network, preprocess = targets.load_target(model, str(tmp_path / "weights.safetensors"))
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        np.testing.assert_array_equal(network(images), original(images))
    expected = timm.data.create_transform(**timm.data.resolve_data_config(model=original))
    assert str(preprocess) == str(expected) and "0.1" in str(preprocess)
    with pytest.raises(LinexpError, match=r"model: the configuration of hf-hub:somebody/other cannot be downloaded"):
        targets.build_network(settings("timm", "hf-hub:somebody/other", "pretrained"))
