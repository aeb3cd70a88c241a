"""Explanations from a file of somebody else's, through the same simulation and scores."""

import h5py
import numpy as np
import pandas as pd
import pytest

from linexp.concepts import image_text
from linexp.concepts.presence import probabilities

CSV = '''layer,unit,description
layer3,0,red things
layer4,0,"cars, and ""trucks"""
layer4,3,snow at night
layer4,4,snow at night
'''
NEURONS, CHAIN = [0, 1, 3, 4], {"import_explanations": 1, "embed_explanations": 1, "simulate": 1}


@pytest.fixture
def imported(project):
    """A project whose target has explanations from a CSV as a further method."""
    (project.folder / "theirs").mkdir()
    (project.folder / "theirs/net.csv").write_text(CSV)
    config = project.config()
    config["methods"]["milan"] = {"kind": "imported", "file": "theirs/{target}.csv", "layer": "layer4"}
    config["targets"]["net"] |= {"methods": ["le_label", "milan"], "controls": [], "neurons": NEURONS}
    project.configure(config)
    return project


def test_an_imported_method_makes_its_own_chain_and_is_scored_by_its_texts(imported):
    planned = imported.planned("results/net/layer4/simulations/two/milan.h5")
    assert planned == CHAIN
    imported.run("results/net/layer4/scores.parquet")
    folder = imported.folder / "results/net/layer4"
    scores = pd.read_parquet(folder / "scores.parquet").query("method == 'milan'").set_index("neuron")
    explained = pd.read_parquet(folder / "explanations/milan.parquet")
    assert explained["status"].tolist() == ["ok", "missing", "ok", "ok"]
    assert scores["n_concepts"].tolist() == [1, 0, 1, 1]
    calibration = pd.read_json(imported.folder / "results/calibration/two.json", typ="series")
    settings = {"model": str(imported.folder / "tiny.json"), "pretrained": "", "prompt": "{}"}
    model = image_text.load(settings, imported.folder / "results/models/two/weights.safetensors")
    text = model.embed_concepts(['cars, and "trucks"']).numpy()
    with h5py.File(imported.folder / "results/probes/scenes/embeddings/two.h5") as file:
        expected = probabilities(file["embeddings"][...], text, calibration["a"], calibration["b"])[:, 0]
    with h5py.File(folder / "simulations/two/milan.h5") as file:
        assert file["neurons"][...].tolist() == NEURONS
        np.testing.assert_allclose(file["simulated"][:, 0], expected, atol=1e-6)
        np.testing.assert_array_equal(file["simulated"][:, 2], file["simulated"][:, 3])
        assert not file["simulated"][:, 1].any()


def test_a_file_that_is_not_there_stops_before_any_job(imported):
    (imported.folder / "theirs/net.csv").unlink()
    refused = imported.plan("results/net/layer4/scores.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith("linexp: methods.milan.file: theirs/net.csv does not exist; put it there")
