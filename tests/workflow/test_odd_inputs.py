"""Odd numbers and names through the real rules: what can be right is, and the rest ends in one line each."""

import csv
import re

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

pytestmark = pytest.mark.long
NETWORKS = """
import torch
from torch import nn

def build(bias):
    network = nn.Sequential()
    network.layer = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    network.flat = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.head = nn.Linear(4, 5)
    nn.init.zeros_(network.layer[0].weight)
    nn.init.constant_(network.layer[0].bias, float(bias))
    return network
"""
SCRIPT = "<script>alert('ran')</script>"
ODD = [
    *(
        "red circle",
        "x" * 10_000,
        "雪だるま",
        "Grünfink ☃",
        SCRIPT,
        "=1+1",
        "+cmd|' /C calc'!A0",
        "@SUM(1)",
        "-2+3",
        "nan",
    ),
    *("$\\frac{1}$", "blue square", "red circle", " red circle ", "green triangle", "dog", "tree", "house", "car"),
]
MADE = ("explanations/le_odd.parquet", "scores.parquet", "summary.csv", "comparison.csv", "report/index.html")
GOOD = [f"results/{target}/{name}" for target in ("odd/layer4", "dead/layer") for name in MADE]
BAD = {
    "results/broken/layer/activations.h5": "activations: there are values that are not finite; check the model",
    "results/probes/one_image/index.parquet": "1 images leave none for val; take more images, or another split",
    "results/probes/few/index.parquet": "3 images leave none for val; take more images, or another split",
    "results/probes/one_class/P/label/P.h5": "none of 1 concepts is present in the images; take others (0 of 1 kept: ",
    "results/probes/scenes/concepts/blank.parquet": "blank.txt has no concepts; write one a line",
    "results/probes/scenes/concepts/tabbed.parquet": "tabbed.txt: line 2 has a control character, such as a tab",
}


def photos(folder, n: int):
    folder.mkdir(parents=True)
    for number in range(n):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")


def configured(project):
    """Targets, probes and concept sets that are odd, beside those that the project has."""
    folder, config = project.folder, project.config()
    (folder / "my_networks.py").write_text(NETWORKS)
    (folder / "odd.txt").write_text("\n".join(ODD) + "\n", encoding="utf-8")
    (folder / "blank.txt").write_text("\n  \n")
    (folder / "tabbed.txt").write_text("snow\ndog\tcat\n")
    config["concept_sets"] |= {name: {"file": f"{name}.txt"} for name in ("odd", "blank", "tabbed")}
    for name, place, n in (("one_image", "cat", 1), ("few", "", 3), ("one_class", "cat", 40)):
        photos(folder / name / place, n)
        config["probes"][name] = {"kind": "image_folder", "root": name}
    config["methods"]["le_odd"] = {"kind": "linear", "presence": "pseudo", "concepts": "odd"}
    config["targets"]["odd"] = {"like": "net", "layers": {"layer4": {"ablation": False}}, "methods": ["le_odd"]}
    for name, bias in (("dead", -1), ("broken", "nan")):
        model = {"source": "factory", "call": "my_networks:build", "checkpoint": "none", "arguments": {"bias": bias},
                 "preprocess": {"mean": [0.5] * 3, "std": [0.5] * 3}}  # fmt: skip
        layers = {"layer": {"module": "layer", "pool": "avg", "ablation": False}}
        shared = {key: config["targets"]["net"][key] for key in ("probe", "explainer", "simulator")}
        config["targets"][name] = shared | {"model": model, "layers": layers, "concepts": "odd", "methods": ["le_odd"]}
    project.configure(config)


@pytest.fixture(scope="module")
def ran(finished, tmp_path_factory):
    """One run for all good and bad files: the project, and what Snakemake said."""
    project = finished.copy(tmp_path_factory.mktemp("odd") / "project")
    configured(project)
    return project, project.snakemake("--keep-going", *GOOD, *BAD)


def test_what_cannot_be_right_ends_in_one_line_and_makes_no_file(ran):
    project, done = ran
    assert done.returncode != 0 and "Traceback" not in done.stdout, done.stdout[-3000:]
    said = [line.removeprefix("linexp: ") for line in done.stdout.splitlines() if line.startswith("linexp: ")]
    for file, message in BAD.items():
        assert any(message in line for line in said), (message, done.stdout)
        assert not (project.folder / file).exists()
    assert len(set(said)) == len(BAD)
    assert not list((project.folder / "results").rglob("*.tmp"))


def test_all_else_is_made(ran):
    project, done = ran
    assert [file for file in GOOD if not (project.folder / file).exists()] == [], done.stdout[-3000:]


def test_odd_names_explain_neurons_and_score_what_their_simulations_correlate(ran):
    layer = ran[0].folder / "results/odd/layer4"
    explained = pd.read_parquet(layer / "explanations/le_odd.parquet")
    used = set().union(*explained["concepts"])
    assert used and used <= {name.strip() for name in ODD}
    scores = pd.read_parquet(layer / "scores.parquet").set_index("neuron")
    test = pd.read_parquet(ran[0].folder / "results/probes/scenes/index.parquet")["split"].eq("test")
    with (
        h5py.File(layer / "simulations/two/le_odd.h5") as simulated,
        h5py.File(ran[0].folder / "results/net/layer4/activations.h5") as recorded,
    ):
        pairs = zip(simulated["simulated"][...][test].T, recorded["activations"][...][test].T, strict=True)
        for neuron, (ours, theirs) in enumerate(pairs):
            if np.ptp(ours) > 1e-6 and np.ptp(theirs) > 1e-6:
                expected = np.corrcoef(ours.astype(float), theirs.astype(float))[0, 1]
                assert scores.loc[neuron, "correlation"] == pytest.approx(expected, abs=1e-5)


def test_a_dead_layer_has_no_scores_and_a_page_that_says_so(ran):
    layer = ran[0].folder / "results/dead/layer"
    summary = pd.read_csv(layer / "summary.csv").set_index("method").loc["le_odd"]
    assert (summary["neurons"], summary["dead"], summary["undefined"]) == (4, 4, 4)
    assert pd.read_parquet(layer / "scores.parquet")["status"].eq("constant").all()
    assert "4 neurons, 4 of them dead," in " ".join((layer / "report/index.html").read_text().split())


def test_names_neither_run_in_the_page_nor_in_a_spreadsheet(ran):
    for target in ("odd/layer4", "dead/layer"):
        layer = ran[0].folder / "results" / target
        report = layer / "report"
        texts = [path.read_text(encoding="utf-8") for path in (report / "index.html", *report.rglob("data/**/*.js"))]
        assert not any(SCRIPT in text for text in texts)
        if target == "odd/layer4":
            assert any(SCRIPT.replace("<", "\\u003c") in text for text in texts), "the name is there as data"
        for name in ("summary.csv", "comparison.csv", "sanity.csv"):
            with (layer / name).open(newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert cells and not [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.])", cell)]
