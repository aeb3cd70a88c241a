"""Networks are those that were asked for: nothing that a builder trains, or builds otherwise, by itself."""

import pytest
import torch
import torchvision

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
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


# --- torch hub


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "hubconf.py").write_text(
        "from torch import nn\n"
        "def bare(width=4):\n"
        "    return nn.Linear(2, width)\n"
        "def _any(width, pretrained, **kwargs):\n"
        "    return nn.Linear(2, width)\n"
        "def sets_it(**kwargs):\n"
        "    return _any(3, pretrained=True, **kwargs)\n"
        "def lacks(pretrained=False):\n"
        "    import a_package_that_is_not_there\n"
    )
    return str(tmp_path)


@pytest.mark.parametrize(("entry", "shape"), [("bare", (4, 2)), ("sets_it", (3, 2))])
def test_an_entry_that_takes_no_pretrained_is_called_without(repository, entry, shape):
    for weights in ("pretrained", "mine.pth"):
        network = targets.build_network(settings("hub", entry, weights, repo=repository))
        assert network.weight.shape == shape
    assert set(targets.download(settings("hub", entry, "pretrained", repo=repository))) == {"weight", "bias"}


def test_random_weights_are_not_promised_where_an_entry_may_load_its_own(repository):
    with pytest.raises(LinexpError, match=r"takes no `pretrained`, .* use `source: factory` with a function"):
        targets.build_network(settings("hub", "bare", repo=repository))


def test_a_package_that_an_entry_imports_and_is_missing_is_told(repository):
    with pytest.raises(LinexpError, match=r"the code of lacks imports what is not there .*a_package_that_is_not_there"):
        targets.build_network(settings("hub", "lacks", repo=repository))
