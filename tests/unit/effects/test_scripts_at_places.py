"""The scripts of ablation on a layer at places, against passes of a small network whose maps are put in by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch import nn

from helpers.scripts import run
from linexp.artifacts import store
from linexp.networks import replay
from linexp.networks.tails import ReplayedTail, SplitNetwork
from linexp.networks.units.grids import AtPlaces, in_cells, out_of_cells
from linexp.networks.units.neurons import Neurons

N, GRID, CONSTANT = 90, 2, 3
MADE = store.Provenance("test", {}, "probe")
SETTINGS = {"loss": "cross_entropy", "optim": True, "replace": "constant", "tolerance": 0.02, "most_nodes": 17}


class Head(nn.Module):
    """Images to the layer's output, as a cut network gives it."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 5, 3, 2, 1), nn.ReLU())

    def forward(self, images):
        return (self.layers(images),)


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    """The files of a layer of 5 neurons, of which one never varies, and what cuts its network."""
    torch.manual_seed(3)
    tail = nn.Sequential(nn.Conv2d(5, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    split = SplitNetwork(Head().double().eval(), tail.double().eval())
    with torch.no_grad():
        split.head.layers[0].weight[CONSTANT], split.head.layers[0].bias[CONSTANT] = 0, 0.5
        images = torch.randn(N, 3, 16, 16).double()
        (maps,) = split.head(images)
        cells, logits = in_cells(maps, GRID, "avg"), tail(maps)
    folder, rng = tmp_path_factory.mktemp("layer"), np.random.default_rng(0)
    files = {name: folder / f"{name}.h5" for name in ("activations", "outputs", "simulation")}
    files["index"] = folder / "index.parquet"
    splits = rng.permutation(np.repeat(["train", "val", "test"], [30, 30, 30]))
    store.write_table(files["index"], MADE, pa.table({"image": np.arange(N, dtype=np.int32), "split": list(splits)}))
    labels = rng.integers(0, 4, N)
    with store.create_arrays(files["outputs"], MADE) as file:
        store.write_array(file, "logits", logits.numpy().astype(np.float32))
        store.write_array(file, "labels", labels)
        file.attrs["temperature"] = 1.5
    rows = cells.flatten(0, 1).numpy().astype(np.float32)
    with store.create_arrays(files["activations"], MADE) as file:
        store.write_rows(file, "activations", [rows], len(rows), 2)
        file.attrs["grid"], file.attrs["places"] = GRID, GRID**2
    simulated = (3 * rows[:, [4, CONSTANT, 1]] + rng.normal(size=(len(rows), 3))).astype(np.float32)
    with store.create_arrays(files["simulation"], MADE) as file:
        store.write_rows(file, "simulated", [simulated], len(rows), 2)
        store.write_array(file, "neurons", np.array([4, CONSTANT, 1], np.int32))
    return (
        files,
        ReplayedTail(
            split,
            lambda rows: images[torch.as_tensor(rows)].split(13),
            AtPlaces(Neurons("avg"), GRID, "avg"),
            "constant",
        ),
        (maps, cells.numpy(), labels, splits, simulated.reshape(N, GRID**2, 3).astype(float)),
    )


@torch.no_grad()
def change(layer, neuron: int, rows: np.ndarray, values: np.ndarray) -> float:
    """Mean |L(changed) − L| of images when a neuron's cells are (n, grid²) values."""
    _, tail, (maps, _, labels, *_) = layer
    changed = maps[rows].clone()
    changed[:, neuron] = out_of_cells(torch.as_tensor(values), GRID, (8, 8))
    before, after = (
        nn.functional.cross_entropy(tail.split.tail(of) / 1.5, torch.as_tensor(labels[rows]), reduction="none")
        for of in (maps[rows], changed)
    )
    return float((after - before).abs().mean())


@pytest.mark.parametrize("optim", [True, False])
def test_scores_and_ceilings_are_those_of_the_network(layer, optim, tmp_path, monkeypatch):
    files, tail, (_, cells, _, splits, simulated) = layer
    monkeypatch.setattr(replay.TargetLayer, "of", lambda _: None)
    monkeypatch.setattr(replay, "open_tail", lambda _target, _index, replace: tail if replace == "constant" else None)
    settings = SETTINGS | {"optim": optim}
    curves = run("sample_curves", files, tmp_path / "curves.h5", neurons=[1, CONSTANT, 4], ablation=settings)
    given = {"ablation": settings, "wildcards": {"method": "le", "simulator": "pixel_labels"}}
    path = run("score_ablation", files | {"curves": curves}, tmp_path / "scores.parquet", **given)
    scores = pd.read_parquet(path).set_index("neuron")
    val, test = (np.flatnonzero(splits == split) for split in ("val", "test"))
    assert scores.index.tolist() == [4, CONSTANT, 1]
    assert scores.loc[CONSTANT, ["ablation_norm", "ablation_ceiling"]].isna().all()
    for column, neuron in ((0, 4), (2, 1)):
        row, q, s = scores.loc[neuron], cells[:, :, neuron], simulated[:, :, column]
        effect = change(layer, neuron, test, np.full_like(q[test], q[val].mean()))
        assert row["effect"] == pytest.approx(effect, rel=1e-4)
        c, d = np.polyfit(s[val].ravel(), q[val].ravel(), 1)
        for name, values in {"norm": c * s + d, "ceiling": q, "optim": row["c"] * s + row["d"]}.items():
            if name != "optim" or optim:
                expected = 1 - change(layer, neuron, test, values[test]) / effect
                assert row[f"ablation_{name}"] == pytest.approx(expected, abs=1e-4)
        if optim:
            found = change(layer, neuron, val, row["c"] * s[val] + row["d"])
            tried = [(c * u, d + v) for u in np.linspace(0, 2, 9) for v in q.std() * np.linspace(-1, 1, 9)]
            assert found <= min(change(layer, neuron, val, one * s[val] + two) for one, two in tried) * 1.01
            assert row["nodes"] >= 81 and row["error"] < 0.05
        else:
            assert np.isnan(row["ablation_optim"]) and row["nodes"] == 0
