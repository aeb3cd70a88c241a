"""Models to explain: built, loaded and preprocessed as their libraries would, and never guessed."""

import sys

import pytest
import torch
from torch import nn

from helpers.networks import photo, settings
from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import write_weights
from linexp.errors import LinexpError
from linexp.networks import targets
from linexp.networks.recording import record_activations
from linexp.networks.survey import survey
from linexp.networks.units.neurons import Neurons

PROVENANCE = Provenance("test", {}, "")
NORMAL = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}


def one_layer(network: nn.Module, module: str, pool: str, size: int) -> torch.Tensor:
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    return next(record_activations(network, module, Neurons(pool), [images]))


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
    with pytest.raises(LinexpError, match=r"what my_networks:scripted returns is TorchScript, .*; give the Python"):
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
