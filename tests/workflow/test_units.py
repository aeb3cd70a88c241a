"""Units other than neurons: directions along the axes and an autoencoder that copies neurons give what neurons give."""

import h5py
import numpy as np
import pandas as pd
import pytest
import timm

SCORES = ["neuron", "n_concepts", "correlation", "ablation_optim", "ablation_norm", "c", "d"]
DEEP = {"module": "layer3", "pool": "avg"}
OPEN = 0.5
"""What an autoencoder that copies neurons adds to them, so that they are reconstructed if it is subtracted again."""
RECORDED = (("copy", "activations"), ("open", "activations"), ("open", "head"))
pytestmark = pytest.mark.long


def widths() -> tuple[int, int]:
    """Of layer4 and layer3 of the project's network."""
    stages = timm.create_model("test_resnet").feature_info
    return stages[-1]["num_chs"], stages[-2]["num_chs"]


@pytest.fixture(scope="module")
def explained(finished, tmp_path_factory):
    """The finished project, with its layers in units that are its neurons under other names."""
    project = finished.copy(tmp_path_factory.mktemp("units") / "project")
    config = project.config()
    width, deep = widths()
    np.savez(project.folder / "axes.npz", directions=3 * np.eye(width), names=[f"axis {k}" for k in range(width)])
    np.save(project.folder / "deep.npy", np.eye(deep)[:2])
    eye, zeros = np.eye(width, dtype=np.float32), np.zeros(width, np.float32)
    np.savez(project.folder / "copy.npz", W_enc=eye, b_enc=zeros, W_dec=eye, b_dec=zeros)
    np.savez(project.folder / "wide.npz", W_enc=np.eye(9), b_enc=np.zeros(9), W_dec=np.eye(9), b_dec=np.zeros(9))
    open_parts = {"W_enc": eye, "b_enc": zeros, "W_dec": eye, "b_dec": zeros - OPEN}
    np.savez(project.folder / "open.npz", **open_parts)
    np.savez(project.folder / "wrong.npz", W_enc=eye, b_enc=zeros, W_dec=-5 * eye, b_dec=zeros)
    sae = {"activation": "relu", "subtract_bias": False}
    layers = {
        "axes": {"directions": "axes.npz"},
        **{name: {"sae": f"{name}.npz"} | sae for name in ("copy", "wide", "wrong")},
        "open": {"sae": "open.npz", "activation": "relu"},
    }
    net = config["targets"]["net"] | {"methods": ["le_label"], "controls": []}
    config["targets"]["units"] = net | {
        "layers": {name: {"module": "layer4", "pool": "avg", "units": entry} for name, entry in layers.items()}
    }
    config["targets"]["deep"] = net | {
        "layers": {"neurons": DEEP, "axes": DEEP | {"units": {"directions": "deep.npy"}}},
        "ablation": {"optim": False},
        "neurons": [0, 1],
    }
    project.configure(config)
    places = ("units/axes", "deep/neurons", "deep/axes")
    tables = (f"results/{place}/{file}.parquet" for place in places for file in ("scores", "impact"))
    files = (f"results/units/{layer}/{name}.h5" for layer, name in RECORDED)
    project.run(*tables, *files)
    return project


@pytest.mark.parametrize(("units", "neurons"), [("units/axes", "net/layer4"), ("deep/axes", "deep/neurons")])
def test_neurons_under_another_name_have_the_same_explanations_scores_and_top_impact(explained, units, neurons):
    found, expected = (
        pd.read_parquet(explained.folder / f"results/{place}/scores.parquet").query("method == 'le_label'")[SCORES]
        for place in (units, neurons)
    )
    assert expected["ablation_norm"].notna().any()
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True), rtol=1e-3, atol=1e-3)
    found, expected = (
        pd.read_parquet(explained.folder / f"results/{place}/impact.parquet") for place in (units, neurons)
    )
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-4)


def test_names_and_what_an_autoencoder_leaves_are_kept_and_told(explained):
    with h5py.File(explained.folder / "results/units/axes/activations.h5") as file:
        assert list(file["names"].asstr()[:2]) == ["axis 0", "axis 1"]
        assert "variance_left" not in file.attrs
    with (
        h5py.File(explained.folder / "results/units/copy/activations.h5") as file,
        h5py.File(explained.folder / "results/net/layer4/activations.h5") as neurons,
    ):
        np.testing.assert_allclose(file["activations"], neurons["activations"], rtol=1e-5, atol=1e-6)
        assert file.attrs["variance_left"] == pytest.approx(0, abs=1e-6)
        active = np.count_nonzero(file["activations"]) / len(file["activations"])
        assert 0 < file.attrs["mean_active"] <= active  # of a place; pooled, as many or more
    log = (explained.folder / "results/logs/record_activations/units/copy.log").read_text()
    assert "reconstruction: units.sae: copy.npz leaves 0 of the variance of the layer" in log


def test_a_file_that_leaves_open_how_it_is_read_is_read_the_better_way_which_is_kept_and_told(explained):
    folder = explained.folder / "results"
    with (
        h5py.File(folder / "units/open/activations.h5") as file,
        h5py.File(folder / "net/layer4/activations.h5") as neurons,
        h5py.File(folder / "units/open/head.h5") as head,
    ):
        assert file.attrs["subtract_bias"]
        assert file.attrs["variance_left"] == pytest.approx(0, abs=1e-6)
        np.testing.assert_allclose(file["activations"], neurons["activations"][...] + OPEN, rtol=1e-5, atol=1e-5)
        assert head.attrs["linear"]
    log = (folder / "logs/record_activations/units/open.log").read_text()
    assert "on some train images; taken is subtract_bias: true" in log


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("wide", "units.sae: wide.npz is of 9 neurons, and the layer has"),
        ("wrong", " times the variance of the layer, so it is of another layer, or encodes otherwise (activation,"),
    ],
)
def test_an_autoencoder_of_another_layer_is_refused_in_one_line_and_leaves_no_file(explained, layer, message):
    done = explained.snakemake(f"results/units/{layer}/activations.h5")
    assert done.returncode != 0
    log = (explained.folder / f"results/logs/record_activations/units/{layer}.log").read_text()
    assert message in log.splitlines()[-1] and "Traceback" not in log
    assert not (explained.folder / f"results/units/{layer}/activations.h5").exists()


def test_another_content_of_the_file_makes_what_was_read_by_it_again_and_nothing_else(explained, tmp_path):
    project = explained.copy(tmp_path / "project")
    np.save(project.folder / "deep.npy", 2 * np.eye(widths()[1])[:2])
    planned = project.planned("results/deep/axes/scores.parquet", "results/units/axes/scores.parquet")
    assert {"record_activations", "extract_head"} <= set(planned)
    assert planned["record_activations"] == 1 and "record_outputs" not in planned


def test_a_file_without_directions_is_refused_while_planning(explained, tmp_path):
    project = explained.copy(tmp_path / "project")
    np.save(project.folder / "deep.npy", np.zeros((2, 3)))
    found = project.plan("results/deep/axes/scores.parquet")
    assert found.status != 0
    assert "units.directions: deep.npy has a direction, row 0, that is zero; take it out" in found.said
