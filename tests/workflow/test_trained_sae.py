"""A sparse autoencoder that the workflow trains on a layer, and its features as what is explained."""

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file

SAE = {"kind": "sae", "images": "training", "target": "net", "layer": "layer4", "features": 96, "k": 8}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def recorded(finished, tmp_path_factory):
    """The finished project with features of layer4, recorded."""
    project = finished.copy(tmp_path_factory.mktemp("trained_sae") / "project")
    config = project.config()
    config["trained_models"]["features"] = SAE | {"batch_size": 128, "epochs": 5}
    layer = {"module": "layer4", "pool": "avg", "units": {"trained": "features"}, "ablation": False}
    config["targets"]["sae"] = config["targets"]["net"] | {
        "layers": {"layer": layer},
        "methods": ["le_label"],
        "controls": [],
    }
    project.configure(config)
    project.run("results/sae/layer/activations.h5")
    return project


def test_features_that_are_recorded_are_those_of_the_trained_autoencoder(recorded):
    sae = load_file(recorded.folder / "results/models/features/weights.safetensors")
    with (
        h5py.File(recorded.folder / "results/sae/layer/activations.h5") as features,
        h5py.File(recorded.folder / "results/net/layer4/activations.h5") as neurons,
    ):
        found, x = features["activations"][...], neurons["activations"][...]
        assert 0 < features.attrs["variance_left"] < 1
        assert features.attrs["mean_active"] == pytest.approx(SAE["k"], rel=0.5)
        dead = features["dead"][...]
    assert found.shape == (240, 96) and (found >= 0).all()
    np.testing.assert_array_equal(dead, ~found.any(axis=0))
    # images of 32 pixels leave one place in this layer, so its neurons are what is encoded
    expected = np.maximum((x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"], 0)
    expected[expected <= sae["threshold"]] = 0
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_what_it_is_trained_by_makes_it_again(recorded):
    config = recorded.config()
    config["trained_models"]["features"]["k"] = 7
    recorded.configure(config)
    planned = recorded.planned("results/sae/layer/activations.h5")
    assert planned == {"train_sae": 1, "record_activations": 1}
