"""A new folder: it can be used as it is, has a line for each source, and nothing in it is ever overwritten."""

import re

import pytest
import timm
import torch
import torchvision
import yaml
from PIL import Image
from torch import nn

from helpers.configs import SCHEMA
from linexp.__main__ import main
from linexp.config.checks import checked
from linexp.config.text import check_text
from linexp.errors import LinexpError
from linexp.networks.sources import SOURCES
from linexp.terminal.first_layer import FirstLayer, first_layer
from linexp.terminal.new_folder import FILES


def images(folder, *places: str):
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), "red").save(folder / place)
    return str(folder)


def configured(folder) -> dict:
    check_text(folder / "config.yaml")
    return checked(yaml.safe_load((folder / "config.yaml").read_text()), SCHEMA)


def test_a_new_folder_has_a_configuration_that_is_right_as_it_is(tmp_path, capsys):
    folder = tmp_path / "mine"
    assert main(["new", str(folder)]) == 0
    config = configured(folder)
    assert config["run"] == ["my_model/layer4"] and config["probes"]["photos"]["root"] == "images"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(FILES)
    told = capsys.readouterr().out
    assert all(f"{folder}/{name} " in told for name in FILES) and "snakemake --cores all\n" not in told
    assert "scores.parquet" in told.splitlines()[-1]


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_has_a_line_to_choose(source, tmp_path):
    main(["new", str(tmp_path / "mine")])
    text = (tmp_path / "mine/config.yaml").read_text()
    line = re.search(rf"^    (# )?model: \{{source: {source}, .*$", text, re.MULTILINE)
    taken = re.sub(r"^    model: .*$", "", text, flags=re.MULTILINE) if line[1] else text
    if not SOURCES[source].has_network:
        taken = re.sub(r"^      layer4: .*$", "", taken, flags=re.MULTILINE).replace("      # layer4:", "      layer4:")
    config = yaml.safe_load(taken.replace(line[0], line[0].replace("    # ", "    ", 1)))
    if SOURCES[source].is_trained_here:
        with pytest.raises(LinexpError, match=r"trained model of kind classifier .* does not exist"):
            checked(config, SCHEMA)
    else:
        assert checked(config, SCHEMA)["targets"]["my_model"]["model"]["source"] == source


def test_a_network_and_images_are_filled_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = images(tmp_path / "photos", "cat/1.png", "dog/2.png")
    assert main(["new", "mine", "--model", "timm:test_convnext", "--images", photos]) == 0
    config = configured(tmp_path / "mine")
    target = config["targets"]["test_convnext"]
    assert config["run"] == ["test_convnext/stages"] and config["probes"]["photos"]["root"] == photos
    assert target["layers"]["stages"]["module"] == "stages" and target["methods"][0] == "le_label"
    assert target["model"]["name"] == "test_convnext" and target["model"]["weights"] == "pretrained"


def test_images_without_classes_get_no_method_that_needs_them_and_those_inside_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images(tmp_path / "mine/my photos", "1.png", "2.png")
    assert main(["new", "mine", "--images", "mine/my photos"]) == 0
    config = configured(tmp_path / "mine")
    assert config["probes"]["photos"]["root"] == "my photos"
    assert "le_label" not in config["targets"]["my_model"]["methods"]


@pytest.mark.parametrize("there", ["config.yaml", "Snakefile", "profiles/slurm/config.yaml", ".gitignore"])
def test_a_file_that_is_there_is_named_and_nothing_is_written(there, tmp_path, capsys):
    path = tmp_path / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert main(["new", str(tmp_path)]) == 1
    assert path.read_text() == "mine"
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]
    assert capsys.readouterr().err.startswith(f"linexp: {path} is there already, so nothing was written; ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "resnet50"], "'resnet50' is not of the form SOURCE:NAME, as in timm:convnext_atto"),
        (["--model", "tim:resnet50"], "did you mean 'timm'?"),
        (["--model", "timm:resnet5000"], "'resnet5000' is not a model of timm; did you mean"),
        (["--model", "factory:networks"], "a network of source factory needs more than a name; leave --model out"),
        (["--model", "torchvision:fcn_resnet50"], "'IMAGENET1K_V1' is unknown for fcn_resnet50; use one of COCO_"),
        (["--images", "nowhere"], "--images: nowhere is not a folder"),
        (["--images", "empty"], "empty holds no images"),
    ],
)
def test_what_cannot_be_filled_in_is_one_line_and_nothing_is_written(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["new", "mine", *arguments]) == 1
    told = capsys.readouterr().err
    assert told.startswith("linexp: ") and said in told and told.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def of(network: nn.Module, size: int = 64) -> FirstLayer:
    return first_layer(network, torch.zeros(3, size, size))


def test_the_layer_to_begin_with_is_the_last_that_has_places():
    resnet = torchvision.models.get_model("resnet18", weights=None)
    assert of(resnet) == FirstLayer("layer4", "avg", "first", 512)
    vgg = torchvision.models.get_model("vgg11", weights=None, num_classes=5)
    assert of(vgg) == FirstLayer("features", "avg", "first", 512)
    assert of(timm.create_model("test_vit"), 160) == FirstLayer("norm", "first", "first", 64)
    assert of(timm.create_model("test_mambaout"), 160).channels == "last"


def test_a_network_is_left_as_it_was():
    network = timm.create_model("test_resnet").double()
    assert of(network).pool == "avg"
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_places_is_refused():
    with pytest.raises(LinexpError, match="has no layer with maps or tokens"):
        of(nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 4)))
