"""The explorer that the workflow makes: its numbers are those of the artifacts, and it is remade with its pages."""

import base64
import re
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest

from helpers.explorer_data import handed_over

LAYER = "results/net/layer4"
ROUNDING = 1e-5
"""P is float32 in both; large weights of opposite signs magnify its last digit."""
METHODS = ["le_label", "le_siglip", "best_concept", "clip_dissect"]


@pytest.fixture(scope="module")
def data(finished):
    return finished.folder / LAYER / "report/data"


@pytest.fixture(scope="module")
def layer(data):
    return handed_over(data, "layer")


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)


def test_every_neuron_has_a_record_and_every_image_that_is_shown_a_picture(data, layer):
    assert layer["neurons"] == sorted(int(path.stem) for path in (data / "neurons").glob("*.js"))
    assert list(layer["methods"]) == METHODS
    pictures = sorted((data / "images").rglob("*.webp"))
    rows = handed_over(data, "images")["rows"]
    assert len(pictures) == len(rows)
    shown = set(layer["sample"])
    for neuron in layer["neurons"]:
        shown |= {row for one in handed_over(data, f"neurons/{neuron}")["ranges"] for row in one["images"]}
    assert shown == set(rows)
    assert not list(data.parent.rglob("*.tmp"))


@pytest.mark.parametrize("method", METHODS)
def test_what_the_page_computes_from_gives_the_scores_of_the_workflow(method, finished, data, layer):
    scores = pd.read_parquet(finished.folder / LAYER / "scores.parquet")
    scores = scores[scores["method"] == method].set_index("neuron")["correlation"]
    index = pd.read_parquet(finished.folder / "results/probes/scenes/index.parquet")
    assert layer["sample"] == np.flatnonzero(index["split"] == "test").tolist()
    size, compared = len(layer["sample"]), 0
    for neuron in layer["neurons"]:
        record = handed_over(data, f"neurons/{neuron}")
        told = next(row for row in record["scores"] if row["method"] == method)
        if pd.isna(scores[neuron]):
            assert told["correlation"] is None and told["low"] is None
            continue
        predicted = np.zeros(size)
        terms = record["explanations"][method]
        for concept, weight in zip(terms["concepts"], terms["weights"], strict=True):
            file, place = divmod(concept, layer["concepts_a_file"])
            predicted += weight * unpacked(handed_over(data, f"presence/{file}")).reshape(-1, size)[place]
        found = np.corrcoef(predicted, unpacked(record["activations"]))[0, 1]
        assert found == pytest.approx(scores[neuron], abs=ROUNDING)
        assert told["low"] < told["correlation"] < told["high"]
        assert told["correlation"] == pytest.approx(scores[neuron], abs=1e-4)
        compared += 1
    assert compared > 5


def test_nearest_neurons_are_those_whose_activations_correlate_most(finished, data, layer):
    with h5py.File(finished.folder / LAYER / "activations.h5") as file:
        activations = file["activations"][...].T.astype(float)
    with np.errstate(invalid="ignore"):
        correlations = np.corrcoef(activations)
    np.fill_diagonal(correlations, -1)
    for neuron in (0, 5, 9):
        alike = handed_over(data, f"neurons/{neuron}")["alike"]["activation"]
        best = np.sort(np.nan_to_num(correlations[neuron], nan=-1))[::-1][: len(alike)]
        assert [value for _, value in alike] == pytest.approx(best, abs=2e-3)


def test_the_page_tells_its_size_and_where_it_comes_from(finished, data):
    html = (data.parent / "index.html").read_text()
    index = pd.read_parquet(finished.folder / "results/probes/scenes/index.parquet")
    assert len(index) == 240 and "of 240 images" in html
    megabytes = sum(path.stat().st_size for path in data.parent.rglob("*") if path.is_file()) / 1e6
    assert float(re.search(r"([\d.]+) MB: pictures", html)[1]) == pytest.approx(megabytes, abs=0.1)
    assert "&#34;seed&#34;: 0" in html


@pytest.mark.parametrize("file", ["page/table.js", "page/index.html", "neurons.py"])
def test_an_edited_page_or_module_remakes_the_explorer_alone(file, project):
    with (project.folder / "workflow/scripts/linexp/explorer" / file).open("a") as opened:
        opened.write("\nCHANGED = True\n" if file.endswith(".py") else "\n")
    assert project.planned() == {"make_report": 1}


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_explorer_that_was_interrupted_is_made_again(project):
    page = project.folder / LAYER / "report/index.html"
    before = files_in(page.parent / "data")
    page.unlink()
    (page.parent / "data/layer.js").unlink()
    (page.parent / "data.new.tmp").mkdir()
    assert project.planned() == {"make_report": 1}
    project.run()
    assert files_in(page.parent / "data") == before
    assert sorted(path.name for path in page.parent.iterdir()) == ["data", "index.html"]


@pytest.mark.parametrize("harm", ["deleted", "cut"])
def test_an_explorer_whose_data_are_deleted_or_cut_is_made_again(harm, project):
    data = project.folder / LAYER / "report/data"
    if harm == "deleted":
        shutil.rmtree(data)
    else:
        (data / "layer.js").write_text("")
    assert project.planned() == {"make_report": 1}
