"""Models to explain: built, loaded and preprocessed as their libraries would, and never guessed."""

import contextlib
import re
import sys

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision.models import WeightsEnum
from torchvision.ops import FrozenBatchNorm2d

from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import write_weights
from linexp.errors import LinexpError
from linexp.networks import targets
from linexp.networks.recording import record_activations
from linexp.networks.survey import survey

PROVENANCE = Provenance("test", {}, "")
NORMAL = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}


def photo(width: int, height: int) -> Image.Image:
    """Smooth colours with an edge, so that a wrong resize, crop or order of channels shows."""
    y, x = np.mgrid[:height, :width]
    channels = [x * 255 / width, y * 255 / height, (x > width / 3) * 200.0]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def settings(source: str, name: str, weights: str = "none", **further) -> dict:
    return {"source": source, "name": name, "weights": weights, "arguments": {}, **further}


def one_layer(network: nn.Module, module: str, pool: str, size: int) -> torch.Tensor:
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    return next(record_activations(network, module, pool, [images]))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty working folder, whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


FACTORY = """
import torch
import torchvision
from torch import nn
from torchvision.models import VisionTransformer

def vit():
    return VisionTransformer(image_size=32, patch_size=16, num_layers=2, num_heads=2, hidden_dim=24, mlp_dim=32)

def conv(width=8):
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())

def number():
    return 7

def parallel():
    network = nn.DataParallel(conv())
    network.device_ids = [0, 1]
    return network

def resnet():
    return torchvision.models.resnet18(weights=None)

def compiled(part):
    network = resnet()
    network.get_submodule(part).compile(backend="eager")
    return network

def scripted():
    return torch.jit.script(conv())
"""


@pytest.fixture
def factory(place):
    (place / "my_networks.py").write_text(FACTORY)

    def entry(function: str, checkpoint: str = "none", **arguments) -> dict:
        return {
            "source": "factory",
            "call": f"my_networks:{function}",
            "checkpoint": checkpoint,
            "arguments": arguments,
            "preprocess": NORMAL | {"resize": 32},
        }

    return entry


@pytest.mark.parametrize(
    ("name", "module", "pool", "neurons"),
    [
        ("resnet18", "layer4", "avg", 512),
        ("vgg11", "classifier.3", "none", 4096),
        ("squeezenet1_1", "features", "max", 512),
    ],
)
def test_torchvision_networks_are_built_and_recorded(name, module, pool, neurons):
    network, preprocess = targets.load_target(settings("torchvision", name, preprocess=NORMAL | {"resize": 64}), None)
    assert not network.training
    assert one_layer(network, module, pool, 64).shape == (2, neurons)
    assert preprocess(photo(90, 50)).shape == (3, 64, 64)


def test_a_torchvision_vision_transformer_gives_its_class_token(factory):
    network, _ = targets.load_target(factory("vit"), None)
    recorded = one_layer(network, "encoder.layers.encoder_layer_1", "first", 32)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        network.heads, network.encoder.ln = nn.Identity(), nn.Identity()
        torch.testing.assert_close(recorded, network(images))


@pytest.mark.parametrize(
    ("name", "module", "pool"),
    [("test_resnet", "layer4", "avg"), ("test_vit", "blocks.1", "first"), ("test_convnext", "stages.3", "max")],
)
def test_timm_networks_are_built_and_recorded(name, module, pool):
    network, _ = targets.load_target(settings("timm", name, preprocess=NORMAL), None)
    recorded = one_layer(network, module, pool, 160)
    assert recorded.shape[0] == 2 and recorded.isfinite().all()
    assert recorded.std(0).max() > 0


def test_an_entry_of_a_local_hub_is_built_without_its_weights(place):
    (place / "hub").mkdir()
    (place / "hub" / "hubconf.py").write_text(
        "dependencies = ['torch']\n"
        "from torch import nn\n"
        "def tiny(pretrained=True, width=4):\n"
        "    assert not pretrained, 'would download'\n"
        "    return nn.Sequential(nn.Conv2d(3, width, 3))\n"
    )
    entry = settings("hub", "tiny", repo="hub", preprocess=NORMAL) | {"arguments": {"width": 6}}
    network, preprocess = targets.load_target(entry, None)
    assert one_layer(network, "0", "avg", 16).shape == (2, 6)
    assert preprocess(photo(9, 7)).shape == (3, 7, 9)


def test_weights_of_a_local_hub_are_those_it_loads_itself(place):
    (place / "hub").mkdir()
    (place / "hub" / "hubconf.py").write_text(
        "from torch import nn\n"
        "def tiny(pretrained=False):\n"
        "    network = nn.Linear(2, 1)\n"
        "    nn.init.constant_(network.weight, 7.0 if pretrained else 0.0)\n"
        "    return network\n"
    )
    entry = settings("hub", "tiny", "pretrained", repo="hub", preprocess=NORMAL)
    assert targets.build_network(entry).weight.tolist() == [[0.0, 0.0]]
    assert targets.download(entry, {})["weight"].tolist() == [[7.0, 7.0]]


def test_a_factory_beside_the_configuration_is_loaded_with_its_checkpoint(factory, place):
    trained = targets.build_network(factory("conv", width=4), seed=5)
    write_weights(place / "checkpoint.safetensors", trained.state_dict(), PROVENANCE)
    entry = factory("conv", "checkpoint.safetensors", width=4)
    network, _ = targets.load_target(entry, entry["checkpoint"])
    assert torch.equal(network[0].weight, trained[0].weight)
    assert not torch.equal(targets.load_target(entry, None)[0][0].weight, trained[0].weight)


@pytest.mark.parametrize(
    "entry",
    [settings("torchvision", "resnet18", preprocess=NORMAL), settings("timm", "test_resnet", preprocess=NORMAL)],
)
def test_a_network_without_weights_is_seeded(entry):
    first, again, other = (targets.load_target(entry, None, seed)[0].conv1 for seed in (3, 3, 4))
    weight = [next(module.parameters()) for module in (first, again, other)]
    assert torch.equal(weight[0], weight[1])
    assert not torch.equal(weight[0], weight[2])


@pytest.mark.parametrize(
    ("name", "weights"),
    [("resnet18", "IMAGENET1K_V1"), ("resnet50", "IMAGENET1K_V2"), ("vit_b_16", "IMAGENET1K_SWAG_E2E_V1")],
)
@pytest.mark.parametrize("size", [(500, 375), (260, 700)])
def test_torchvision_weights_bring_their_own_preprocessing(name, weights, size):
    own = torchvision.models.get_weight(f"{torchvision.models.get_model_weights(name).__name__}.{weights}").transforms()
    preprocess = targets.preprocessing(settings("torchvision", name, weights))
    torch.testing.assert_close(preprocess(photo(*size)), own(photo(*size)), rtol=0, atol=0)


@pytest.mark.parametrize("name", ["test_resnet", "resnet50.a1_in1k", "vit_tiny_patch16_224"])
def test_timm_weights_bring_their_resolved_preprocessing(name):
    network = timm.create_model(name, pretrained=False)
    configuration = timm.data.resolve_model_data_config(network)
    own = timm.data.create_transform(**configuration, is_training=False)
    image = photo(300, 200)
    ours = targets.preprocessing(settings("timm", name, "pretrained"))(image)
    assert ours.shape == configuration["input_size"]
    torch.testing.assert_close(ours, own(image), rtol=0, atol=0)


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


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        (settings("torchvision", "resnet19"), ["model.name: 'resnet19'", "torchvision", "did you mean 'resnet18'"]),
        (settings("timm", "test_resnett"), ["model.name: 'test_resnett'", "timm", "did you mean 'test_resnet'"]),
        (settings("timm", "resnet50.nothing"), ["resnet50.nothing", "check its name and arguments"]),
        (settings("torchvision", "resnet18") | {"arguments": {"wdith": 2}}, ["resnet18", "wdith", "arguments"]),
        (settings("timm", "test_resnet") | {"arguments": {"wdith": 2}}, ["test_resnet", "wdith", "arguments"]),
    ],
)
def test_a_network_that_cannot_be_built_is_named(entry, parts):
    with pytest.raises(LinexpError) as caught:
        targets.build_network(entry)
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert "\n" not in message and len(message) < 250


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


@pytest.mark.parametrize("weights", ["IMAGENET1K_V3", "ResNet18_Weights.IMAGENET1K_V1", "None"])
def test_unknown_torchvision_weights_name_the_known_ones(weights):
    for use in (targets.preprocessing, lambda entry: targets.download(entry, {})):
        with pytest.raises(LinexpError, match=rf"'{weights}' is unknown for resnet18; use one of IMAGENET1K_V1"):
            use(settings("torchvision", "resnet18", weights))


def test_a_timm_network_without_published_weights_needs_preprocess():
    with pytest.raises(LinexpError, match="timm has no weights for resnet10t_nothing; give preprocess"):
        targets.preprocessing(settings("timm", "resnet10t_nothing", "pretrained"))


@pytest.mark.parametrize("call", ["nowhere:conv", "my_networks:cnov"])
def test_a_factory_that_cannot_be_imported_is_named(factory, call):
    with pytest.raises(LinexpError, match=rf"model.call: {call} cannot be imported"):
        targets.build_network(factory("conv") | {"call": call})


def test_a_factory_whose_module_another_hides_is_told(factory, place):
    (place / "json.py").write_text("def load():\n    pass\n")
    with pytest.raises(LinexpError, match=r"json:load is .*json/__init__\.py, which hides the one of this folder"):
        targets.build_network(factory("conv") | {"call": "json:load"})


def test_a_factory_has_to_return_a_network(factory):
    with pytest.raises(LinexpError, match=r"my_networks:number returns a int; it has to return a torch.nn.Module"):
        targets.build_network(factory("number"))


def test_a_network_of_torchscript_is_refused(factory):
    with pytest.raises(LinexpError, match=r"my_networks:scripted returns TorchScript, which takes no hooks"):
        targets.build_network(factory("scripted"))


def test_a_network_that_several_gpus_would_share_is_recorded_as_it_was_before(factory):
    parallel, plain = (targets.build_network(factory(function), seed=3).eval() for function in ("parallel", "conv"))
    assert torch.equal(one_layer(parallel, "module.0", "avg", 16), one_layer(plain, "0", "avg", 16))


@pytest.mark.parametrize("part", ["", "layer4"])
def test_hooks_of_a_compiled_network_are_called_each_time(factory, part):
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    compiled = targets.build_network(factory("compiled", part=part), seed=3).eval()
    plain = targets.build_network(factory("resnet"), seed=3).eval()
    assert survey(compiled, images) == survey(plain, images)
    assert torch.equal(one_layer(compiled, "layer4.1.conv1", "avg", 64), one_layer(plain, "layer4.1.conv1", "avg", 64))


def test_a_folder_without_hubconf_is_named(place):
    (place / "hub").mkdir()
    with pytest.raises(LinexpError, match=r"model.repo: hub has no hubconf.py"):
        targets.build_network(settings("hub", "tiny", repo="hub"))


def test_a_checkpoint_of_another_network_is_refused(factory, place):
    write_weights(
        place / "checkpoint.safetensors", targets.build_network(factory("conv", width=4)).state_dict(), PROVENANCE
    )
    entry = factory("conv", "checkpoint.safetensors", width=5)
    with pytest.raises(
        LinexpError, match=r"checkpoint.safetensors have 0.weight of shape \(4, 3, 3, 3\), .* \(5, 3, 3, 3\)"
    ):
        targets.load_target(entry, entry["checkpoint"])


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
