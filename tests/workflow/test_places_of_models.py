"""Places are embedded, calibrated and compared with pixel labels, by rules that run only where they are asked for."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from helpers.literal import literal_calibration
from linexp.concepts.place_quality import BINS

PLACES = "results/probes/scenes/places/net_2"
TEXTS = "results/probes/scenes/concepts/words/two.h5"
OF_PLACES = {"draw_masks": 1, "find_crops": 1, "measure_areas": 1, "embed_places": 1}


def test_places_are_embedded_with_the_way_that_is_chosen_and_calibrated_where_a_and_b_are_not_given(project):
    quality, fitted, given = (f"{PLACES}/{name}" for name in ("quality/two.csv", "two.json", "one.json"))
    assert project.planned(quality) == OF_PLACES | {"measure_place_quality": 1}
    assert project.planned(fitted) == OF_PLACES | {"calibrate_places": 1}
    assert project.planned(given) == {"calibrate_places": 1}, "nothing is embedded for what is given"
    config = project.config()
    config["image_text_models"]["two"]["dense"] = "crops"
    project.configure(config)
    assert project.planned("results/net/layer4/scores.parquet") == {}


def at_places(project):
    """The project with a layer at places that is explained and simulated by image-text models."""
    config = project.config()
    net = config["targets"]["net"]
    net["layers"]["where"] = {"module": "layer2", "pool": "avg", "places": 2}
    net["methods"] = ["le_siglip", "clip_dissect"]
    project.configure(config)
    return project


def test_pseudo_labels_of_places_are_made_of_what_models_make_of_them(project):
    planned = at_places(project).planned("results/net/where/scores.parquet")
    both = {"embed_places": 2, "calibrate_places": 2}
    of_places = {"index_places": 1, "make_pseudo_presence_at_places": 1, "compute_moments": 1}
    assert (OF_PLACES | of_places | both).items() <= planned.items()
    assert planned["explain_linear"] == 1 and planned["simulate"] == 3, "two methods and random concepts"
    assert not {"embed_images", "make_pseudo_presence", "make_area_presence_at_places"} & planned.keys()


@pytest.fixture(scope="module")
def made(finished, tmp_path_factory):
    """The folder of the places of a project, with all that is made of them."""
    project = at_places(finished.copy(tmp_path_factory.mktemp("places") / "project"))
    of_models = (f"{PLACES}/{name}" for name in ("quality/two.csv", "two.json", "one.json"))
    project.run("results/net/where/scores.parquet", *of_models)
    return project.folder


@pytest.mark.long
def test_the_artifacts_of_places_fit_each_other(made):
    with h5py.File(made / PLACES / "two.h5") as file:
        embeddings, way = file["embeddings"][...], file.attrs["way"]
    assert embeddings.shape == (240 * 4, 32) and embeddings.dtype == np.float16 and way == "convolutional"
    np.testing.assert_allclose(np.linalg.norm(embeddings.astype(np.float32), axis=1), 1, atol=1e-3)
    with h5py.File(made / PLACES / "areas.h5") as file:
        begins, columns, values = (file[name][...] for name in ("begins", "columns", "shares"))
        labelled = file["concepts"].asstr()[...].tolist()
    shares = np.zeros((240 * 4, len(labelled)))
    shares[np.repeat(np.arange(960), np.diff(begins)), columns] = values
    with h5py.File(made / "results/probes/scenes/concepts/labels/two.h5") as file:
        texts = dict(zip(file["concepts"].asstr()[...], file["embeddings"][...], strict=True))
    known = [concept for concept in labelled if concept in texts]
    assert len(known) > 20
    similarity = embeddings.astype(np.float32) @ np.array([texts[concept] for concept in known]).T
    shares = shares[:, [labelled.index(concept) for concept in known]]
    split = np.repeat(pd.read_parquet(made / "results/probes/scenes/index.parquet")["split"].to_numpy(), 4)

    table = pd.read_csv(made / PLACES / "quality/two.csv").set_index("concept")
    test, binned = split == "test", np.floor((similarity + 1) * (BINS / 2))  # of a model that has hardly learned
    for concept in table.index[1:]:
        column = known.index(concept)
        present = shares[test, column] >= 0.5
        assert table.loc[concept, "places"] == present.sum()
        assert table.loc[concept, "auc"] == pytest.approx(roc_auc_score(present, binned[test, column]), abs=5e-3)
    assert table.loc["(mean)", "iou"] == pytest.approx(table["iou"].iloc[1:].mean(), abs=1e-6)

    found = json.loads((made / PLACES / "two.json").read_text())
    train = split == "train"
    rises = np.corrcoef(similarity[train].ravel(), shares[train].ravel())[0, 1] > 0
    assert found["calibrated_on"] == ("places" if rises else "whole images")
    if rises:
        a, b, _ = literal_calibration(similarity[train], shares[train])
        assert found["a"] == pytest.approx(a, rel=1e-3) and found["b"] == pytest.approx(b, abs=1e-4)
    given = json.loads((made / PLACES / "one.json").read_text())
    assert (given["a"], given["b"], given["calibrated_on"]) == (10.0, 0.3, "given")


@pytest.mark.long
def test_explanations_at_places_are_simulated_by_another_model_at_the_same_places(made):
    where = made / "results/net/where"
    explained = pd.read_parquet(where / "explanations/le_siglip.parquet").set_index("neuron")
    assert (explained["status"] == "ok").any()
    with h5py.File(made / PLACES / "two.h5") as images, h5py.File(made / TEXTS) as texts:
        embeddings, vectors = images["embeddings"][...].astype(np.float64), texts["embeddings"][...]
        texts = dict(zip(texts["concepts"].asstr()[...], vectors, strict=True))
    scale = json.loads((made / PLACES / "two.json").read_text())
    with h5py.File(where / "simulations/two/le_siglip.h5") as file:
        simulated, neurons = file["simulated"][...], file["neurons"][...].tolist()
    assert simulated.shape == (240 * 4, len(explained))
    for neuron in explained.index[explained["status"] == "ok"][:5]:
        words, weights = explained.loc[neuron, "concepts"], explained.loc[neuron, "weights"]
        cosines = embeddings @ np.array([texts[word] for word in words], np.float64).T
        expected = (1 / (1 + np.exp(-scale["a"] * (cosines + scale["b"])))) @ weights
        np.testing.assert_allclose(simulated[:, neurons.index(neuron)], expected, atol=1e-4)
    scores = pd.read_parquet(where / "scores.parquet")
    scored = scores[(scores["method"] == "le_siglip") & (scores["status"] == "ok")]
    assert len(scored) and scored[["correlation", "correlation_images"]].notna().all(axis=None)
