"""Images and networks as others hand them out, in a run: from the hub, split by a file; a saved transformer."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from transformers import Dinov2Config, Dinov2Model, ViTImageProcessor

from helpers.hub_server import hub_of
from helpers.parquet_files import parquet
from helpers.projects import new_project

REPO, REVISION = "somebody/animals", "refs/convert/parquet"
FILES = [
    *("results/probes/hub/index.parquet", "results/probes/listed/index.parquet"),
    "results/features/last/activations.h5",
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project, and a hub on this machine that its jobs ask."""
    project = new_project(tmp_path / "project")
    folder = tmp_path / "hub/default/validation"
    folder.mkdir(parents=True)
    for number in range(2):
        rows = range(10 * number, 10 * number + 10)
        parquet(folder / f"{number:04d}.parquet", rows, [row % 2 for row in rows], names=["cat", "dog"])
        parquet(project.folder / f"part-{number}.parquet", rows, name=[f"{row}.png" for row in rows])
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}
    Dinov2Model(Dinov2Config(**sizes, mlp_ratio=2)).save_pretrained(project.folder / "dino")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(project.folder / "dino")
    with hub_of(tmp_path / "hub", REPO, REVISION) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield project, asked


@pytest.mark.long
def test_images_and_networks_as_others_hand_them_out_are_used_in_a_run(project):
    project, asked = project
    splits = np.array(["train", "val", "test", "train"] * 5)
    names = [f"{row}.png" for row in range(20)]
    pd.DataFrame({"key": names, "split": splits}).to_csv(project.folder / "splits.csv", index=False)
    config = project.config()
    config["probes"] |= {
        "hub": {"kind": "huggingface", "repo": REPO, "split": "validation", "label": "label"},
        "listed": {"kind": "parquet", "files": ["part-*.parquet"], "key": "name", "split": "splits.csv"},
    }
    config["targets"]["features"] = {
        **config["targets"]["net"],
        "model": {"source": "transformers", "name": "dino", "weights": "pretrained"},
        "probe": "listed",
        "classes": "none",
        "layers": {"last": {"module": "encoder", "output": "last_hidden_state", "pool": "first"}},
        "methods": ["le_siglip"],
        "controls": [],
    }
    project.configure(config)
    project.run(*FILES)

    hub, listed = (pd.read_parquet(project.folder / file) for file in FILES[:2])
    assert hub["class_name"].tolist() == ["cat", "dog"] * 10
    assert listed["key"].tolist() == names and listed["split"].tolist() == splits.tolist()
    assert listed["sha256"].tolist() == hub["sha256"].tolist()
    with h5py.File(project.folder / FILES[2]) as file:
        recorded = file["activations"][...]
    assert recorded.shape == (20, 16) and recorded.std(0).min() > 0
    fetched = json.loads((project.folder / "results/probes/hub/files.json").read_text())["files"]
    assert [file["rows"] for file in fetched] == [10, 10]

    count = len(asked)
    assert project.planned(*FILES) == {}
    assert len(asked) == count, "planning asks nothing of the hub"
    (project.folder / "splits.csv").write_text("\n".join(["key,split", *(f"{name},train" for name in names)]))
    assert project.planned(FILES[1]) == {"index_images": 1}
