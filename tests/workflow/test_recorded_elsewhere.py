"""Activations of the user's own, in files: what is made of them is what is made of those that the workflow recorded."""

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

METHODS = ["le_label", "clip_dissect"]
SAME = ["method", "simulator", "neuron", "n_concepts", "correlation", "verdict", "p_chosen", "q_value"]
MATRIX, KEYED, SEVERAL = "matrix/all", "keyed/layer4", "several/b"


@pytest.fixture(scope="module")
def explained(finished, tmp_path_factory):
    """The finished project, with what it recorded of a layer given back in three files, and explained."""
    project = finished.copy(tmp_path_factory.mktemp("recorded_elsewhere") / "project")
    with h5py.File(project.folder / "results/net/layer4/activations.h5") as file:
        values = file["activations"][...]
    keys = pd.read_parquet(project.folder / "results/probes/scenes/index.parquet")["key"].tolist()
    order = np.random.default_rng(0).permutation(len(keys))
    np.save(project.folder / "values.npy", values.astype(np.float64))
    table = {"key": [keys[row] for row in order], "unit": pa.array(list(values[order]))}
    pq.write_table(pa.table(table), project.folder / "layer4_values.parquet")
    with h5py.File(project.folder / "values.h5", "w") as file:
        file["a"], file["b"] = -values, values
    config = project.config()
    files = {
        "matrix": ({"activations": "values.npy"}, ["all"]),
        "keyed": ({"activations": "{layer}_values.parquet"}, ["layer4"]),
        "several": ({"activations": "values.h5", "dataset": "{layer}"}, ["a", "b"]),
    }
    net = config["targets"]["net"] | {"methods": METHODS, "controls": []}
    for name, (model, layers) in files.items():
        layers = {layer: {} for layer in layers}
        config["targets"][name] = net | {"model": {"source": "recorded"} | model, "layers": layers}
    project.configure(config)
    project.run(*(f"results/{place}/activations.h5" for place in (MATRIX, KEYED, SEVERAL)))
    return project


@pytest.mark.parametrize("place", [MATRIX, KEYED, SEVERAL])
def test_activations_are_those_that_were_recorded(explained, place):
    with (
        h5py.File(explained.folder / f"results/{place}/activations.h5") as found,
        h5py.File(explained.folder / "results/net/layer4/activations.h5") as expected,
    ):
        np.testing.assert_array_equal(found["activations"], expected["activations"])
        np.testing.assert_array_equal(found["dead"], ~np.any(expected["activations"], axis=0))


@pytest.mark.long
def test_explanations_and_scores_are_those_of_the_recorded_layer(explained):
    explained.run(f"results/{KEYED}/scores.parquet")
    results, own = explained.folder / "results" / KEYED, explained.folder / "results/net/layer4"
    for method in METHODS:
        found, expected = (pd.read_parquet(one / f"explanations/{method}.parquet") for one in (results, own))
        pd.testing.assert_frame_equal(found, expected)
    found, expected = (pd.read_parquet(one / "scores.parquet").query("method in @METHODS") for one in (results, own))
    pd.testing.assert_frame_equal(found[SAME], expected[SAME].reset_index(drop=True))
    assert expected["ablation_optim"].notna().any() and found["ablation_optim"].isna().all()


def test_a_unit_is_dead_if_it_is_never_but_zero(explained):
    values = np.load(explained.folder / "values.npy")
    alive = np.flatnonzero(values.any(axis=0))
    values[:, alive[0]], values[:, alive[1]] = 0, values[:, alive[1]] / 1e6
    np.save(explained.folder / "values.npy", values)
    explained.run(f"results/{MATRIX}/activations.h5")
    with h5py.File(explained.folder / f"results/{MATRIX}/activations.h5") as file:
        assert np.flatnonzero(~file["dead"][...]).tolist() == alive[1:].tolist()


def test_another_file_is_noticed_and_a_touch_is_not(explained):
    assert explained.planned(f"results/{KEYED}/activations.h5") == {}
    (explained.folder / "layer4_values.parquet").touch()
    assert explained.planned(f"results/{KEYED}/activations.h5") == {}
    with h5py.File(explained.folder / "values.h5", "a") as file:
        file["b"][0, 0] += 1
    assert explained.planned(f"results/{SEVERAL}/activations.h5") == {"import_activations": 1}


@pytest.mark.long
def test_all_that_takes_no_network_is_made(explained):
    place = explained.folder / "results" / KEYED
    explained.run(*(f"results/{KEYED}/{name}" for name in ("summary.csv", "report/index.html", "figures/neuron_3.svg")))
    assert set(METHODS) == set(pd.read_csv(place / "summary.csv")["method"])
    assert (place / "report/index.html").stat().st_size > 1000


def test_what_takes_a_network_is_refused_before_any_job(explained):
    for name in ("impact.parquet", "curves.h5"):
        refused = explained.plan(f"results/{KEYED}/{name}")
        assert refused.status != 0 and "Traceback" not in refused.said
        assert refused.last.startswith("linexp: target keyed: effects on the output need a network"), refused.last


def test_a_file_that_is_not_there_stops_before_any_job(explained):
    (explained.folder / "layer4_values.parquet").rename(explained.folder / "gone.parquet")
    refused = explained.plan(f"results/{KEYED}/scores.parquet", "--forceall")
    assert refused.status != 0
    assert refused.last.startswith(
        "linexp: targets.keyed.model.activations: layer4_values.parquet does not exist; put it there"
    )
