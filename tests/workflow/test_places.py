"""A layer at places, by the real rules: what is recorded, explained and simulated by pixel labels fits together."""

from functools import partial

import h5py
import numpy as np
import pandas as pd
import pytest

from helpers.hooked_maps import hooked_map_losses
from helpers.literal_network import literal_network

PLACES = {"module": "layer2", "pool": "avg", "places": 4}
WHERE = "results/net/where"
UPPER = f"{WHERE}/simulations/pixel_labels"
ABLATION = f"{WHERE}/ablation/pixel_labels/searched.parquet"


def configured(project):
    config = project.config()
    net = config["targets"]["net"]
    net["layers"]["where"] = PLACES
    net |= {"more_simulators": ["pixel_labels"], "methods": ["le_label", "searched", "le_area"]}
    config["methods"]["searched"] = {"kind": "linear", "presence": "label", "search": {"max_concepts": 4}}
    config["methods"]["le_area"] = {"kind": "linear", "presence": "area"}
    project.configure(config)
    return project


def test_only_what_places_need_is_made(project):
    configured(project)
    shared = {"draw_masks": 1, "find_crops": 1, "measure_areas": 1}
    of_places = {"index_places": 1, "make_area_presence_at_places": 1, "compute_moments": 1, "record_activations": 1}
    explained = {"explain_linear": 1, "simulate_by_pixels": 1}
    assert project.planned(f"{UPPER}/le_label.h5") == shared | of_places | explained
    of_images = {"make_area_presence": 1, "compute_moments": 1, "explain_linear": 1}
    assert project.planned("results/net/layer4/explanations/le_area.parquet") == shared | of_images


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{WHERE}/effects.h5", "effect on the output"),
        (f"{WHERE}/impact.parquet", "effect on the output"),
        (f"{WHERE}/report/index.html", "explorer"),
        (f"{WHERE}/figures/neuron_0.svg", "picture of a neuron"),
        (f"{WHERE}/stability/searched.parquet", "stability"),
    ],
)
def test_what_is_of_images_alone_is_refused_before_any_job(project, path, said):
    refused = configured(project).plan(path)
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith("linexp: target net: layer where is explained at places, of which there is no")
    assert said in refused.last


@pytest.fixture(scope="module")
def made(finished, tmp_path_factory):
    """The folder of a project that is explained at places, and by areas of images."""
    project = configured(finished.copy(tmp_path_factory.mktemp("places") / "project"))
    of_images = "results/net/layer4/explanations/le_area.parquet"
    project.run(f"{UPPER}/le_label.h5", f"{UPPER}/searched.h5", of_images, ABLATION)
    return project.folder


def dense(folder, name: str) -> pd.DataFrame:
    with h5py.File(folder / f"results/probes/scenes/places/{name}/areas.h5") as file:
        begins, columns, values = (file[part][...] for part in ("begins", "columns", "shares"))
        concepts = file["concepts"].asstr()[...]
    shares = np.zeros((len(begins) - 1, len(concepts)))
    shares[np.repeat(np.arange(len(shares)), np.diff(begins)), columns] = values
    return pd.DataFrame(shares, columns=concepts)


@pytest.mark.long
def test_areas_of_places_are_parts_of_those_of_images_and_of_the_masks(made):
    places, images = dense(made, "net_4"), dense(made, "net_1")
    assert len(places) == 240 * 16 and len(images) == 240
    np.testing.assert_allclose(places.to_numpy().reshape(240, 16, -1).mean(axis=1), images, atol=1e-5)
    with h5py.File(made / "results/probes/scenes/masks.h5") as file:
        masks, image = file["masks"][...] > 0, file["image"][...]
        kinds = file["kind"].asstr()[...]
    for row in range(0, 240, 17):  # the network sees whole images
        for kind in set(kinds[image == row]):
            covered = masks[(image == row) & (kinds == kind)].any(axis=0)
            cells = covered.reshape(4, 8, 4, 8).mean(axis=(1, 3)).ravel()
            np.testing.assert_allclose(places[kind][16 * row : 16 * row + 16], cells, atol=1e-5)


@pytest.mark.long
def test_explanations_at_places_are_simulated_by_their_areas(made):
    areas = dense(made, "net_4")
    with h5py.File(made / f"{WHERE}/activations.h5") as file:
        activations, grid = file["activations"][...], int(file.attrs["grid"])
    assert activations.shape[0] == len(areas) and grid == 4
    split = pd.read_parquet(made / "results/probes/scenes/places/4/index.parquet")["split"].astype(str).to_numpy()
    reached = []
    for method in ("le_label", "searched"):
        explained = pd.read_parquet(made / f"{WHERE}/explanations/{method}.parquet")
        with h5py.File(made / f"{UPPER}/{method}.h5") as file:
            simulated, neurons = file["simulated"][...], file["neurons"][...]
        assert neurons.tolist() == explained["neuron"].tolist()
        for column, row in enumerate(explained.itertuples()):
            expected = areas[list(row.concepts)].to_numpy() @ np.array(row.weights, float)
            np.testing.assert_allclose(simulated[:, column], expected, atol=1e-4)
            val = split == "val"
            if row.status == "ok":
                found = np.corrcoef(expected[val], activations[val, row.neuron])[0, 1]
                assert found == pytest.approx(row.val_correlation, abs=1e-3)
                reached.append(found)
    assert np.mean(reached) > 0.1


@pytest.mark.long
def test_p_of_places_is_stored_nowhere_and_its_statistics_are_those_of_train(made):
    areas = dense(made, "net_4")
    split = pd.read_parquet(made / "results/probes/scenes/places/4/index.parquet")["split"].astype(str)
    train = areas[(split == "train").to_numpy()]
    with h5py.File(made / "results/probes/scenes/P/area/net_4/P.h5") as file:
        assert "P" not in file and int(file["n_rows"][()]) == len(areas)
        kept, mean, std = (file[name][...] for name in ("kept", "mean", "std"))
        concepts = file["concepts"].asstr()[...].tolist()
    np.testing.assert_allclose(mean[kept], train[concepts].mean(), atol=1e-6)
    np.testing.assert_allclose(std[kept], train[concepts].std(ddof=0), atol=1e-6)
    with h5py.File(made / "results/probes/scenes/P/area/net_4/moments.h5") as file:
        covariance = file["train/covariance"][...]
    np.testing.assert_allclose(covariance, np.cov(train[concepts].to_numpy().T, bias=True), atol=1e-6)


@pytest.mark.long
def test_ablation_at_places_is_that_of_hooks_on_the_network_of_the_target(made):
    found = pd.read_parquet(made / ABLATION)
    with h5py.File(made / f"{WHERE}/activations.h5") as file:
        cells = file["activations"][...].reshape(240, 16, -1).astype(float)
    with h5py.File(made / f"{UPPER}/searched.h5") as file:
        simulated, neurons = file["simulated"][...].reshape(240, 16, -1).astype(float), file["neurons"][...]
    assert found["neuron"].tolist() == neurons.tolist() and found["ablation_ceiling"].notna().any()
    literal = literal_network(made)
    val, test = (literal.rows[split] for split in ("val", "test"))
    for row in found.dropna(subset="ablation_norm").iloc[::3].itertuples():
        q, s = cells[..., row.neuron], simulated[..., list(neurons).index(row.neuron)]
        of = literal.network, "layer2", row.neuron, literal.images[test], literal.labels[test]
        losses = partial(hooked_map_losses, *of, temperature=literal.temperature)
        before = losses(None)
        effect = np.abs(losses(np.full((len(test), 16), q[val].mean())) - before).sum()
        c, d = np.polyfit(s[val].ravel(), q[val].ravel(), 1)
        for score, values in (
            (row.ablation_ceiling, q),
            (row.ablation_optim, row.c * s + row.d),
            (row.ablation_norm, c * s + d),
        ):
            assert score == pytest.approx(1 - np.abs(losses(values[test]) - before).sum() / effect, abs=1e-4)
