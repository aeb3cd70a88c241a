"""The artifacts of a finished workflow: their layout, and their numbers against independent ones."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from helpers.configs import SCHEMA
from linexp.config.checks import checked
from linexp.planning import steps

LAYER = "results/net/layer4"
ARTIFACTS = [
    "results/probes/scenes/index.parquet",
    "results/probes/scenes/labels.h5",
    "results/probes/scenes/embeddings/one.h5",
    "results/probes/scenes/concepts/words.parquet",
    "results/probes/scenes/concepts/words/one.h5",
    "results/calibration/two.json",
    "results/probes/scenes/P/label/P.h5",
    "results/probes/scenes/P/label/moments.h5",
    "results/probes/scenes/P/words/one/P.h5",
    "results/probes/scenes/P/words/one/moments.h5",
    f"{LAYER}/activations.h5",
    f"{LAYER}/explanations/le_siglip.parquet",
    f"{LAYER}/simulations/two/le_siglip.h5",
    f"{LAYER}/scores.parquet",
]


def attributes(path) -> dict[str, str]:
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return {name: value.decode() for name, value in file.attrs.items() if isinstance(value, bytes)}
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return {key.decode(): value.decode() for key, value in pq.read_schema(path).metadata.items()}


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_every_artifact_says_where_it_comes_from(artifact, finished):
    found = attributes(finished.folder / artifact)
    index = attributes(finished.folder / "results/probes/scenes/index.parquet")
    assert found["linexp_version"] and found["made_by"]
    assert isinstance(json.loads(found["settings"]), dict)
    assert found["probe_fingerprint"] == index["probe_fingerprint"]


def test_no_temporary_file_is_left(finished):
    assert list((finished.folder / "results").rglob("*.tmp")) == []


def test_the_scores_are_the_correlations_of_test_images(finished):
    folder = finished.folder / LAYER
    index = pd.read_parquet(finished.folder / "results/probes/scenes/index.parquet")
    test = np.flatnonzero(index["split"] == "test")
    scores = pd.read_parquet(folder / "scores.parquet")
    with h5py.File(folder / "activations.h5") as file:
        activations = file["activations"][...][test]
    for method, rows in scores.groupby("method"):
        with h5py.File(folder / f"simulations/two/{method}.h5") as file:
            simulated = file["simulated"][...][test]
        for row in rows.itertuples():
            if row.status in ("ok", "no_effect"):
                expected = np.corrcoef(simulated[:, row.neuron], activations[:, row.neuron])[0, 1]
                assert row.correlation == pytest.approx(expected, abs=1e-5)
            else:
                assert pd.isna(row.correlation)


def test_the_best_method_of_a_neuron_is_the_one_that_correlates_most_on_val(finished):
    folder = finished.folder / LAYER
    val = np.flatnonzero(pd.read_parquet(finished.folder / "results/probes/scenes/index.parquet")["split"] == "val")
    scores = pd.read_parquet(folder / "scores.parquet")
    with h5py.File(folder / "activations.h5") as file:
        activations = file["activations"][...][val].astype(float)
    highest: dict[int, tuple[float, str]] = {}
    for method, rows in scores.groupby("method", sort=False):
        with h5py.File(folder / f"simulations/two/{method}.h5") as file:
            simulated = file["simulated"][...][val].astype(float)
        for row in rows[rows["correlation_val"].notna()].itertuples():
            expected = np.corrcoef(simulated[:, row.neuron], activations[:, row.neuron])[0, 1]
            assert row.correlation_val == pytest.approx(expected, abs=1e-6)
            known = highest.get(row.neuron, (0.0, None))
            if method != "random_concepts" and row.correlation_val > known[0]:
                highest[row.neuron] = (row.correlation_val, method)
    assert len(highest) > 1
    for row in scores.itertuples():
        assert (None if pd.isna(row.best_method) else row.best_method) == highest.get(row.neuron, (0.0, None))[1]
    assert scores["verdict_flips"].isna().all(), "there is one simulator"
    summary = pd.read_csv(folder / "summary.csv", keep_default_na=False, na_values=[""]).set_index("method")
    shares = summary[summary["control"].isna()]["best"]
    assert shares.sum() == pytest.approx(len(highest) / scores["neuron"].nunique(), abs=1e-5)


def test_polysemanticity_is_that_of_texts_and_p_of_the_simulator(finished):
    results = finished.folder / "results"
    index = pd.read_parquet(results / "probes/scenes/index.parquet")
    test = np.flatnonzero((index["split"] == "test") & ~index["sha256"].duplicated())
    with h5py.File(results / "probes/scenes/embeddings/two.h5") as file:
        images = file["embeddings"][...].astype(float)[test]
    with h5py.File(results / "probes/scenes/concepts/words/two.h5") as file:
        names, texts = file["concepts"].asstr()[...].tolist(), file["embeddings"][...].astype(float)
    fitted = json.loads((results / "calibration/two.json").read_text())
    spread = (1 / (1 + np.exp(-fitted["a"] * (images @ texts.T + fitted["b"])))).std(axis=0)
    vectors = texts - texts.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    explanations = pd.read_parquet(finished.folder / LAYER / "explanations/le_siglip.parquet").set_index("neuron")
    scores = pd.read_parquet(finished.folder / LAYER / "scores.parquet").query("method == 'le_siglip'")
    compared = 0
    for row in scores.itertuples():
        one = explanations.loc[row.neuron]
        kept = [
            (names.index(name), weight) for name, weight in zip(one.concepts, one.weights, strict=True) if weight > 0
        ]
        if not kept:
            assert pd.isna(row.polysemanticity)
            continue
        rows, weights = zip(*kept, strict=True)
        shares = np.array(weights) * spread[list(rows)]
        cosines = np.maximum(vectors[list(rows)] @ vectors[list(rows)].T, 0)
        expected = 1 - shares @ cosines @ shares / shares.sum() ** 2
        assert row.polysemanticity == pytest.approx(expected, abs=1e-4)
        assert pd.isna(row.polysemanticity_percentile) == (len(rows) == 1)
        compared += len(rows) > 1
    assert compared


def test_simulations_follow_from_embeddings_calibration_and_explanations_alone(finished):
    results = finished.folder / "results"
    explanations = pd.read_parquet(finished.folder / LAYER / "explanations/le_siglip.parquet")
    with h5py.File(results / "probes/scenes/embeddings/two.h5") as file:
        images = file["embeddings"][...].astype(float)
    with h5py.File(results / "probes/scenes/concepts/words/two.h5") as file:
        texts = dict(zip(file["concepts"].asstr()[...], file["embeddings"][...].astype(float), strict=True))
    fitted = json.loads((results / "calibration/two.json").read_text())
    with h5py.File(finished.folder / LAYER / "simulations/two/le_siglip.h5") as file:
        simulated = file["simulated"][...]
    for row in explanations.head(8).itertuples():
        expected = np.zeros(len(images))
        for concept, weight in zip(row.concepts, row.weights, strict=True):
            z = fitted["a"] * images @ texts[concept] + fitted["a"] * fitted["b"]
            expected += weight / (1 + np.exp(-z))
        np.testing.assert_allclose(simulated[:, row.neuron], expected, atol=1e-4)


def test_explanations_predict_val_as_well_as_they_say(finished):
    results = finished.folder / "results"
    explanations = pd.read_parquet(finished.folder / LAYER / "explanations/le_label.parquet")
    index = pd.read_parquet(results / "probes/scenes/index.parquet")
    val, train = (np.flatnonzero(index["split"] == split) for split in ("val", "train"))
    with h5py.File(results / "probes/scenes/P/label/P.h5") as file:
        presence = dict(zip(file["concepts"].asstr()[...], file["P"][...].T.astype(float), strict=True))
    with h5py.File(finished.folder / LAYER / "activations.h5") as file:
        activations = file["activations"][...].astype(float)
    explained = explanations[explanations["status"] == "ok"]
    assert len(explained)
    for row in explained.itertuples():
        predicted = row.bias + sum(
            weight * presence[concept] for concept, weight in zip(row.concepts, row.weights, strict=True)
        )
        real = activations[:, row.neuron]
        assert np.corrcoef(predicted[val], real[val])[0, 1] == pytest.approx(row.val_correlation, abs=1e-6)
        assert predicted[train].mean() == pytest.approx(real[train].mean(), abs=1e-6)


def test_training_images_are_not_probed(finished):
    probed, trained = (
        set(pd.read_parquet(finished.folder / f"results/{place}/index.parquet")["sha256"])
        for place in ("probes/scenes", "models/training")
    )
    assert len(probed) == 240 and len(trained) == 240
    assert not probed & trained


def test_the_masks_are_drawn_on_demand(project):
    project.run("results/probes/scenes/masks.h5")
    with h5py.File(project.folder / "results/probes/scenes/masks.h5") as file:
        assert set(file["image"][...]) == set(range(240))
        assert file["masks"].shape[1:] == (32, 32)
        assert file["masks"][...].any(axis=(1, 2)).all()


def test_the_steps_that_check_tells_of_are_those_that_were_made(finished, monkeypatch):
    monkeypatch.chdir(finished.folder)
    config = checked(finished.config(), SCHEMA)
    told = steps.steps(steps.counted(config, "net", "layer4"), "net", "layer4")
    assert [step.artifact for step in told if not step.is_done] == []
    large = {str(path) for path in Path("results").rglob("*.h5")} - {step.artifact for step in told}
    assert {Path(path).name for path in large} == {"head.h5", "labels.h5"}
    recorded = next(step for step in told if step.rule == "record_activations")
    with h5py.File(recorded.artifact) as file:
        assert recorded.values == file["activations"].size
