"""The paper's main row as the shipped configuration has it: without its data, and with small real things instead."""

import io
import shutil

import h5py
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from helpers.projects import REPOSITORY, new_project

ROW = "results/resnet50/layer4/scores.parquet"
NEURONS, IMAGES = 24, 300
IN_PLACE_OF = {"siglip_l16_384": "one", "siglip_so400m_384": "two", "clip_l14_336": "two", "clip_b16": "one"}


def shipped() -> dict:
    return yaml.safe_load((REPOSITORY / "config.yaml").read_text())


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            ROW,
            "probes.imagenet_val.root: data/imagenet/val does not exist; get it from image-net.org (ILSVRC2012",
        ),
        (
            "results/resnet50_netdissect/layer4/explanations/network_dissection_broden.parquet",
            "probes.broden.root: data/broden1_224 does not exist; get netdissect.csail.mit.edu/data/broden1_224.zip",
        ),
        (
            "results/resnet18_places365/layer4/scores.parquet",
            "probes.places365_val.root: data/places365 does not exist; get it with torchvision.datasets.Places365",
        ),
        (
            "results/probes/broden/index.parquet",
            "probes.broden.root: data/broden1_224 does not exist; ",
        ),
    ],
    ids=["resnet50", "network dissection", "places365", "broden"],
)
def test_without_data_one_line_says_what_is_missing(tmp_path, target, message):
    project = new_project(tmp_path / "project")
    project.configure(shipped())
    found = project.plan(target)
    assert found.status == 1
    lines = [line for line in found.said.splitlines() if "linexp:" in line]
    assert lines == [found.last] and lines[0].startswith(f"linexp: {message}")
    assert "Traceback" not in found.said


def test_without_weights_the_line_says_where_they_come_from(tmp_path):
    project = new_project(tmp_path / "project")
    config = shipped()
    config["targets"]["resnet18_places365"]["probe"] = "scenes"
    project.configure(config)
    found = project.plan("results/resnet18_places365/layer4/activations.h5")
    assert found.status == 1
    assert found.last == (
        "linexp: targets.resnet18_places365.model.weights: data/places365/resnet18_places365.pth.tar does not exist; "
        "get it from http://places2.csail.mit.edu/models_places365/resnet18_places365.pth.tar"
    )


@pytest.fixture(scope="module")
def standing_in(finished, tmp_path_factory):
    """The shipped configuration, with random weights and tiny image-text models, on images in ImageNet's layout."""
    project = finished.copy(tmp_path_factory.mktemp("paper") / "project")
    shutil.rmtree(project.folder / "results/net")
    config, small = shipped(), project.config()
    config["probes"]["imagenet_val"]["limit"] = IMAGES
    config["training_sets"] |= small["training_sets"]
    config["trained_models"] |= small["trained_models"]
    for name, trained in IN_PLACE_OF.items():
        config["image_text_models"][name] = {"trained": trained, "calibration": {"a": 10.0, "b": 0.3}}
    config["targets"]["resnet50"] |= {"neurons": f"0:{NEURONS}"}
    config["targets"]["resnet50"]["model"] |= {
        "weights": "none",
        "preprocess": {"resize": 64, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
    }
    project.configure(config)
    drawn = pq.read_table(project.folder / "results/probes/scenes/images.parquet")["image"].to_pylist()
    for number in range(1000):
        folder = project.folder / f"data/imagenet/val/n{number:08d}"
        folder.mkdir(parents=True)
        scene = Image.open(io.BytesIO(drawn[number % len(drawn)]["bytes"]))
        scene.resize((48, 40)).save(folder / f"ILSVRC2012_val_{number:08d}.JPEG")
    return project


@pytest.mark.long
def test_with_small_things_in_their_place_the_row_runs_to_its_end(standing_in):
    standing_in.run(ROW)
    scores = pd.read_parquet(standing_in.folder / ROW)
    assert list(scores["method"].unique()) == [*shipped()["targets"]["resnet50"]["methods"], "random_concepts"]
    assert (scores.groupby("method")["neuron"].nunique() == NEURONS).all()
    assert scores["ablation_optim"].notna().any() and scores["correlation"].notna().mean() > 0.5
    with h5py.File(standing_in.folder / "results/resnet50/layer4/activations.h5") as file:
        assert file["activations"].shape == (IMAGES, 2048)


@pytest.mark.long
def test_the_appendix_shares_what_is_recorded(standing_in):
    file = "results/resnet50_greedy/layer4/scores.parquet"
    planned = standing_in.planned(file)
    judging = {"judge_explanations", "measure_ceilings", "score_explanations"}
    assert set(planned) <= {"explain_linear", "simulate", *judging}
    assert planned["explain_linear"] == len(shipped()["targets"]["resnet50_greedy"]["methods"])
    standing_in.run(file)
    lengths = pd.read_parquet(standing_in.folder / file).groupby("method")["n_concepts"].max()
    assert lengths["le_siglip_top4"] <= 4 < lengths["le_siglip_top5"] <= 5
    refused = standing_in.plan("results/resnet50_greedy/layer4/activations.h5")
    assert refused.status != 0 and "MissingRuleException" in refused.said
