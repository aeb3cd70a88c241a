"""Network Dissection on the masks of scenes, through the same simulator and scores as all methods."""

import h5py
import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.long
ND = {"kind": "network_dissection", "top_fraction": 0.05}
SIMULATION = "results/net/layer4/simulations/two/network_dissection.h5"
OF_EACH_METHOD = {"explain_network_dissection": 1, "embed_explanations": 1, "simulate": 1}


@pytest.fixture
def dissected(project):
    """A project whose target is also explained by Network Dissection, on its own probe."""
    config = project.config()
    config["methods"]["network_dissection"] = ND
    config["targets"]["net"] |= {"methods": ["le_label", "network_dissection"], "controls": []}
    project.configure(config)
    return project


def test_neurons_are_dissected_on_train_and_scored(dissected):
    assert dissected.planned(SIMULATION) == {"draw_masks": 1, "dissect_network": 1, **OF_EACH_METHOD}
    dissected.run("results/net/layer4/scores.parquet")
    results = dissected.folder / "results"
    folder = results / "net/layer4"
    index = pd.read_parquet(results / "probes/scenes/index.parquet")
    train = np.flatnonzero(index["split"] == "train")
    with h5py.File(folder / "dissections/network_dissection.h5") as file:
        iou, thresholds, constant = (file[name][...] for name in ("iou", "thresholds", "constant"))
        concepts, categories = (file[name].asstr()[...] for name in ("concepts", "categories"))
    with h5py.File(folder / "activations.h5") as file:
        activations = file["activations"][...][train]
    with h5py.File(results / "probes/scenes/masks.h5") as file:
        backgrounds = file["background"].asstr()[...][train]

    # maps of this layer have one place, so what is pooled is the map, and active images are active everywhere
    np.testing.assert_allclose(thresholds, np.quantile(activations, 0.95, axis=0), rtol=2**-7, atol=1e-6)
    active = activations > thresholds.astype(np.float32)
    for number in np.flatnonzero(categories == "scene"):
        there = (backgrounds == concepts[number])[:, None]
        expected = (active & there).sum(axis=0) / (active | there).sum(axis=0)
        np.testing.assert_allclose(iou[:, number], expected, atol=1e-12)

    explained = pd.read_parquet(folder / "explanations/network_dissection.parquet")
    assert len(explained) == len(iou) and (explained["status"] == "constant").tolist() == constant.tolist()
    ok = explained[explained["status"] == "ok"]
    assert len(ok) and [c.tolist() for c in ok["concepts"]] == [[concepts[iou[k].argmax()]] for k in ok["neuron"]]
    scores = pd.read_parquet(folder / "scores.parquet").query("method == 'network_dissection'").set_index("neuron")
    assert (scores.loc[ok["neuron"], "n_concepts"] == 1).all()
    assert scores["correlation"].notna().any()


def test_a_target_that_is_like_another_and_another_minimum_make_no_pass_again(dissected):
    config = dissected.config()
    config["targets"]["alike"] = {"like": "net", "methods": ["le_label", "network_dissection"]}
    dissected.configure(config)
    dissected.run(SIMULATION)
    assert dissected.planned("results/alike/layer4/simulations/two/network_dissection.h5") == OF_EACH_METHOD
    config["methods"]["network_dissection"] = {**ND, "minimum_iou": 0.04}
    dissected.configure(config)
    assert dissected.planned(SIMULATION) == OF_EACH_METHOD


@pytest.mark.parametrize(
    ("method", "pool", "message"),
    [
        (
            {},
            "none",
            "targets.net.methods: network_dissection needs maps, and layer layer4 gives scalars (pool: none); ",
        ),
        (
            {},
            "first",
            "targets.net.methods: network_dissection needs maps, and layer layer4 gives tokens (pool: first)",
        ),
        ({"probe": "nowhere"}, "avg", "methods.network_dissection.probe: probe 'nowhere' does not exist; "),
        ({"probe": "photos"}, "avg", "methods.network_dissection.probe: 'photos' has no pixel labels; use a probe of "),
    ],
)
def test_what_cannot_be_dissected_stops_before_any_job(dissected, method, pool, message):
    config = dissected.config()
    config["probes"]["photos"] = {"kind": "image_folder", "root": "."}
    config["methods"]["network_dissection"] |= method
    config["targets"]["net"]["layers"]["layer4"]["pool"] = pool
    dissected.configure(config)
    refused = dissected.plan("results/net/layer4/scores.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith(f"linexp: {message}")
