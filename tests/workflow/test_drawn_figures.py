"""Figures, the report and the command line on a finished workflow."""

import json
import os
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pandas as pd

FOLDER = "results/net/layer4/figures"
OF_RUN = ["scores", "lengths", "weights", "calibration", "correlation_ablation", "top_impact"]
SVG = "{http://www.w3.org/2000/svg}svg"


def test_the_whole_workflow_draws_the_figures_of_the_layer_under_run(finished):
    folder = finished.folder / FOLDER
    assert sorted(path.stem for path in folder.glob("*.svg")) == sorted(OF_RUN)
    version = json.loads((finished.folder / "results/models/net/training.json").read_text())["linexp_version"]
    for path in folder.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag == SVG
        assert f"linexp_version: {version}" in path.read_text()


def test_pictures_are_drawn_on_demand(project):
    files = [f"{FOLDER}/neuron_3.svg", f"{FOLDER}/neuron_3.png", f"{FOLDER}/weights_0_3_5.svg", f"{FOLDER}/scores.png"]
    files.append(f"{FOLDER}/scores.pdf")
    starts = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}
    project.run(*files)
    for file in files:
        assert (project.folder / file).read_bytes().startswith(starts[file[-3:]])


def test_a_picture_of_all_layers_asks_for_the_impact_of_each(finished):
    planned = finished.planned("results/net/figures/top_impact.svg")
    assert planned["measure_impact"] == planned["draw_layers_impact"] == 1
    assert planned["record_activations"] == 1


def test_figures_that_the_settings_rule_out_are_not_asked_for(project):
    config = project.config()
    config["image_text_models"]["two"]["calibration"] = {"a": 9.0, "b": 0.3}
    config["targets"]["net"]["layers"]["layer4"]["ablation"] = False
    project.configure(config)
    drawn = {job.wildcards["figure"] for job in project.plan().jobs if job.rule == "draw_layer_figure"}
    assert drawn == {"scores", "lengths", "weights"}
    refused = project.plan(f"{FOLDER}/calibration.svg")
    assert refused.status != 0
    assert refused.last.startswith("linexp: target net: a and b of its image-text models are given")


def test_neurons_are_asked_for_only_where_a_figure_is_of_some(project):
    refused = project.plan(f"{FOLDER}/lengths_3.svg")
    assert refused.status != 0
    assert refused.last == "linexp: figures/lengths_3: lengths is of all neurons; ask for lengths"


def test_the_report_has_every_figure_with_its_caption(finished, tmp_path):
    finished.run("--report", str(tmp_path / "report.zip"))
    with zipfile.ZipFile(tmp_path / "report.zip") as report:
        names = {name.split("/")[-1] for name in report.namelist()}
        (page,) = (name for name in report.namelist() if name.endswith("report.html"))
        text = report.read(page).decode()
    assert {f"{name}.svg" for name in OF_RUN} | {"summary.csv", "comparison.csv"} <= names
    for caption in (
        "a diamond at the mean",
        "with the quadratic fit of all of them",
        "linear combinations of concepts",
    ):
        assert caption in text
    assert "net / layer4" in text


def _command(project, *arguments) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": "workflow/scripts", "PYTHONIOENCODING": "ascii", "COLUMNS": "100"}
    command = [sys.executable, "-m", "linexp", *arguments]
    return subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True)


def test_the_command_line_works_where_letters_are_ascii(finished):
    explained = pd.read_parquet(finished.folder / "results/net/layer4/explanations/le_label.parquet")
    concept = next(concepts[0] for concepts in explained["concepts"] if len(concepts))
    for arguments in (["show", "results/net/layer4", "3"], ["find", "results/net/layer4", concept], ["check"]):
        done = _command(finished, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) > 3


def test_a_layer_is_exported_with_every_score(finished, tmp_path):
    done = _command(finished, "export", "results/net/layer4", str(tmp_path / "neurons.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    scores = pd.read_parquet(finished.folder / "results/net/layer4/scores.parquet")
    table = pd.read_csv(tmp_path / "neurons.csv")
    assert len(table) == len(scores)
    assert np.allclose(table["correlation"], scores["correlation"], equal_nan=True, atol=1e-12)
    assert table["explanation"].notna().all()
