"""Networks are those that were asked for: nothing that a builder trains, or builds otherwise, by itself."""

import sys
from pathlib import Path

import pytest
import torch
import torchvision

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.jobs import downloads
from linexp.networks import targets

NORMAL = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}
DENSE = [
    name
    for package in ("segmentation", "detection")
    for name in torchvision.models.list_models(getattr(torchvision.models, package))
]


def settings(source: str, name: str, weights: str = "none", arguments: dict | None = None, **further) -> dict:
    given = {"source": source, "name": name, "weights": weights, "arguments": arguments or {}, "preprocess": NORMAL}
    return given | further


@pytest.mark.parametrize("name", DENSE)
def test_segmentation_and_detection_get_no_trained_backbone(name, monkeypatch):
    asked = {}

    def builder(*, weights=None, weights_backbone="published"):
        asked.update(weights=weights, backbone=weights_backbone)
        return torch.nn.Flatten()

    published = torchvision.models.get_model_builder(name)
    assert "weights_backbone" in published.__annotations__, "the real one takes it"
    monkeypatch.setattr(torchvision.models, "get_model_builder", lambda _name: builder)
    monkeypatch.setattr(torchvision.models, "get_model", lambda _name, **arguments: builder(**arguments))
    targets.build_network(settings("torchvision", name))
    assert asked == {"weights": None, "backbone": None}


def test_a_real_segmentation_network_is_built_without_a_download(monkeypatch):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *_, **__: pytest.fail("it downloads"))
    targets.build_network(settings("torchvision", "lraspp_mobilenet_v3_large"))


def with_model(entry: dict) -> tuple[dict, str]:
    """A configuration with a target of it, and the place of its model."""
    config = small()
    target = next(iter(config["targets"]))
    config["targets"][target]["model"] = entry
    return config, f"targets.{target}.model"


@pytest.mark.parametrize("weights", ["mine.pth", "MINE.PTH"])
@pytest.mark.parametrize("name", ["inception_v3", "googlenet", "quantized_inception_v3", "quantized_googlenet"])
def test_a_file_for_a_network_that_changes_its_input_has_to_say_whether(name, weights):
    entry = settings("torchvision", name, weights)
    config, place = with_model(entry)
    with pytest.raises(LinexpError) as caught:
        checked(config, SCHEMA)
    assert str(caught.value).startswith(f"{place}: {name} takes its input in another way")
    assert "give `arguments: {transform_input: true}` for torchvision's" in str(caught.value)
    for given in (True, False):
        entry["arguments"]["transform_input"] = given
        checked(config, SCHEMA)


@pytest.mark.parametrize("name", ["fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn"])
def test_a_file_of_a_detector_whose_eps_it_does_not_say_is_refused(name):
    config, place = with_model(settings("torchvision", name, "mine.pth"))
    with pytest.raises(LinexpError) as caught:
        checked(config, SCHEMA)
    assert str(caught.value).startswith(
        f"{place}: batch norms of {name} have another eps with torchvision's own weights"
    )
    for other in (settings("torchvision", name, "COCO_V1"), settings("torchvision", "fcos_resnet50_fpn", "mine.pth")):
        checked(with_model(other)[0], SCHEMA)


@pytest.mark.parametrize(
    ("weights", "arguments"), [("IMAGENET1K_FBGEMM_V1", {}), ("DEFAULT", {}), ("none", {"quantize": True})]
)
def test_networks_that_compute_with_integers_are_refused(weights, arguments):
    config, place = with_model(settings("torchvision", "quantized_resnet18", weights, arguments))
    with pytest.raises(LinexpError) as caught:
        checked(config, SCHEMA)
    said = "quantized_resnet18 computes with integers then; give `name: resnet18`, of which it is made"
    assert str(caught.value) == f"{place}: {said}"
    checked(with_model(settings("torchvision", "quantized_resnet18", "mine.pth"))[0], SCHEMA)


@pytest.mark.parametrize(
    ("name", "argument", "own", "part"),
    [
        ("fcn_resnet50", "aux_loss", {}, "aux_classifier.0.weight"),
        ("deeplabv3_mobilenet_v3_large", "aux_loss", {}, "aux_classifier.0.weight"),
        ("googlenet", "aux_logits", {"transform_input": False, "init_weights": False}, "aux1.conv.conv.weight"),
        (
            "inception_v3",
            "aux_logits",
            {"transform_input": False, "init_weights": False},
            "AuxLogits.conv0.conv.weight",
        ),
    ],
)
def test_the_argument_is_named_that_adds_what_a_file_has_more_or_less(name, argument, own, part, tmp_path):
    path = tmp_path / "mine.pth"
    for in_file in (True, False):
        written, other = (
            settings("torchvision", name, str(path), {**own, argument: has}) for has in (in_file, not in_file)
        )
        torch.save(targets.build_network(written).state_dict(), path)
        with pytest.raises(LinexpError, match=f"{part}, .*; give `arguments: {{{argument}: {str(in_file).lower()}}}`$"):
            targets.load_target(other, path)
        targets.load_target(written, path)


def test_no_argument_is_named_where_more_does_not_fit(tmp_path):
    entry = settings("torchvision", "googlenet", arguments={"init_weights": False, "aux_logits": False})
    state = targets.build_network(entry).state_dict()
    torch.save(
        state | {"aux1.conv.conv.weight": torch.zeros(2), "classifier.weight": torch.zeros(2)}, tmp_path / "w.pt"
    )
    with pytest.raises(LinexpError, match=r"does not know; do they belong to it\?$"):
        targets.load_target(entry, tmp_path / "w.pt")


# --- torch hub

HUBCONF = """
from functools import partial
import torch
from torch import nn
from torch.hub import download_url_to_file

dependencies = ["torch"]


def _filled(width, pretrained=False, seeded=True):
    network = nn.Linear(2, width)
    if pretrained or not seeded:
        nn.init.constant_(network.weight, 7.0)
        with torch.no_grad():
            network.weight[0] = 8.0
    return network


def named(pretrained=False, width=4, **kwargs):
    return _filled(width, pretrained)


def bare(width=4):
    return _filled(width, seeded=False)


def hands_it_on(**kwargs):
    return _filled(**{"width": 5} | kwargs)


def ignores_it(**kwargs):
    return _filled(3, seeded=False)


def keeps_most(**kwargs):
    network = nn.Sequential(_filled(30, seeded=False), nn.Linear(30, 1))
    return network


def sets_it(**kwargs):
    return _any(3, pretrained=True, **kwargs)


def _any(width, pretrained, **kwargs):
    return _filled(width, pretrained)


def does_not_know_it(**kwargs):
    return nn.Linear(2, 6, **kwargs)


made_in_a_loop = partial(_filled, width=2)


def lacks(pretrained=False):
    import a_package_that_is_not_there


def misspells(pretrained=False):
    return nn.Lineal(2, 3)


def opens(pretrained=False):
    return open("weights/of_mine.pth")


def confuses(pretrained=False):
    raise TypeError("pretrained weights have\\ntwo lines")


def number(pretrained=False):
    return 3


def other_file(pretrained=False):
    download_url_to_file(ADDRESS, "file.pt", hash_prefix="0" * 8)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not what was published")
    address = f"ADDRESS = {(tmp_path / 'file').as_uri()!r}\n"
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "hubconf.py").write_text(HUBCONF + address)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloads, "_why_hugging_face_is_out_of_reach", lambda: None)
    return "hub"


def hub(entry: str, weights: str = "none", **further) -> dict:
    return settings("hub", entry, weights, repo="hub") | further


@pytest.mark.parametrize(
    ("entry", "shape"), [("bare", (4, 2)), ("sets_it", (3, 2)), ("does_not_know_it", (6, 2)), ("hands_it_on", (5, 2))]
)
def test_an_entry_that_takes_no_pretrained_is_called_without(repository, entry, shape):
    for weights in ("pretrained", "mine.pth"):
        assert targets.build_network(hub(entry, weights)).weight.shape == shape
    assert set(targets.download(hub(entry, "pretrained"), {})) == {"weight", "bias"}


@pytest.mark.parametrize("untrained", [{}, {"weights": "pretrained", "untrained": True}])
@pytest.mark.parametrize("entry", ["bare", "sets_it", "does_not_know_it"])
def test_random_weights_are_not_promised_where_an_entry_may_load_its_own(repository, entry, untrained):
    with pytest.raises(LinexpError, match=r"takes no `pretrained`, .* use `source: factory` with a function"):
        targets.build_network(hub(entry) | untrained)


@pytest.mark.parametrize("entry", ["ignores_it", "keeps_most"])
def test_an_entry_that_ignores_pretrained_has_no_random_weights(repository, entry):
    targets.build_network(hub(entry, "mine.pth"))
    with pytest.raises(
        LinexpError, match=rf"model: {entry} of hub has the same weights with every seed, so it ignores"
    ):
        targets.build_network(hub(entry))


@pytest.mark.parametrize(("entry", "width"), [("named", 4), ("hands_it_on", 5), ("made_in_a_loop", 2)])
def test_random_weights_are_those_of_the_seed(repository, entry, width):
    torch.manual_seed(3)
    expected = torch.nn.Linear(2, width)
    network = targets.build_network(hub(entry), seed=3)
    assert torch.equal(network.weight, expected.weight) and torch.equal(network.bias, expected.bias)
    assert targets.download(hub(entry, "pretrained"), {})["weight"][0].tolist() == [8.0, 8.0]


BY_BOTH = {
    "lacks": "the code of lacks imports what is not there (No module named 'a_package_that_is_not_there'); install it",
    "misspells": "misspells raised AttributeError: module 'torch.nn' has no attribute 'Lineal' (hubconf.py, line 60); ",
    "opens": "opens raised FileNotFoundError: [Errno 2] No such file or directory: 'weights/of_mine.pth' (hubconf.py, ",
    "confuses": "confuses raised TypeError: pretrained weights have two lines (hubconf.py, line 68); correct it there",
    "number": "number returns a int; it has to return a torch.nn.Module",
}


@pytest.mark.parametrize("entry", BY_BOTH)
@pytest.mark.parametrize("use", ["build", "download"])
def test_what_an_entry_raises_is_one_line_with_its_place(repository, entry, use):
    assert refusal(use, hub(entry, "pretrained")).startswith(f"model: {BY_BOTH[entry]}")


def refusal(use: str, entry: dict) -> str:
    with pytest.raises(LinexpError) as caught:
        targets.build_network(entry) if use == "build" else targets.download(entry, {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("use", ["build", "download"])
def test_an_entry_that_is_not_there_and_arguments_it_does_not_take_are_told(repository, use):
    said = refusal(use, hub("nammed", "pretrained"))
    assert said == "model.name: hub has no 'nammed'; did you mean 'named'?"
    said = refusal(use, hub("bare", "pretrained", arguments={"wdith": 2}))
    assert said.startswith("model: bare cannot be built (bare() got an unexpected keyword argument 'wdith'")


@pytest.mark.parametrize("use", ["build", "download"])
def test_packages_that_a_hubconf_depends_on_are_named(repository, use):
    hubconf = HUBCONF.replace('["torch"]', '["torch", "no_package", "json", "nor_this"]')
    Path("hub", "hubconf.py").write_text(hubconf)
    said = refusal(use, hub("named", "pretrained"))
    assert said == "model: hub needs packages that are not there: no_package, nor_this; install them"
    Path("hub", "hubconf.py").write_text("import no_package\n")
    assert "imports what is not there (No module named 'no_package')" in refusal(use, hub("named", "pretrained"))
    Path("hub", "hubconf.py").write_text("def named(pretrained:\n")
    assert refusal(use, hub("named", "pretrained")).startswith("model: named raised SyntaxError: ")
    assert "(hubconf.py, line 1)" in refusal(use, hub("named", "pretrained"))


@pytest.mark.parametrize("use", ["build", "download"])
def test_a_file_that_is_not_what_was_published_is_one_line(repository, use):
    assert "came damaged (invalid hash value (expected" in refusal(use, hub("other_file", "pretrained"))


def test_what_an_entry_imports_lies_beside_its_hubconf_and_its_folder_leaves_the_path(repository):
    Path("hub", "beside_hubconf.py").write_text("width = 9\n")
    Path("hub", "hubconf.py").write_text(
        "from torch import nn\nfrom beside_hubconf import width\n"
        "def named(pretrained=False):\n    import beside_hubconf\n    return nn.Linear(beside_hubconf.width, width)\n"
    )
    before = list(sys.path)
    assert targets.build_network(hub("named")).weight.shape == (9, 9)
    assert sys.path == before


def test_an_error_in_a_function_of_ones_own_is_one_line_with_its_place(repository, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("raising_factory.py").write_text("import torch\ndef build():\n    return torch.nn.Lineal(2, 3)\n")
    entry = {"source": "factory", "call": "raising_factory:build", "checkpoint": "none"}
    said = refusal("build", entry)
    assert (
        said.startswith("model: raising_factory:build raised AttributeError: ")
        and "(raising_factory.py, line 3)" in said
    )


def test_an_error_of_this_library_is_not_taken_for_one_of_a_users(repository, monkeypatch):
    monkeypatch.setattr("linexp.networks.targets.check_network", lambda *_: {}["a key of ours"])
    with pytest.raises(KeyError):
        targets.build_network(hub("named"))
