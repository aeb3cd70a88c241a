"""The baseline of docs/baselines.md, added as the docs say."""

import re

import h5py
import numpy as np
import pandas as pd
import yaml

from helpers.projects import REPOSITORY

FOLDER = "workflow/scripts/linexp/baselines"


def test_the_baseline_of_the_docs_is_one_file_and_one_line(project):
    text = (REPOSITORY / "docs/baselines.md").read_text()
    code, settings = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1] for kind in ("python", "yaml"))
    assert len(code.splitlines()) <= 20
    (project.folder / FOLDER / "top_images.py").write_text(code)
    registry = project.folder / FOLDER / "__init__.py"
    registry.write_text(registry.read_text().replace("_NAMES = (", '_NAMES = ("top_images", '))
    config = project.config()
    config["methods"] |= yaml.safe_load(settings)["methods"]
    config["targets"]["net"]["methods"].append("top_images")
    project.configure(config)
    project.run("results/net/layer4/scores.parquet")
    scores = pd.read_parquet(project.folder / "results/net/layer4/scores.parquet")
    assert scores.loc[scores["method"] == "top_images", "correlation"].notna().any()

    explained = pd.read_parquet(project.folder / "results/net/layer4/explanations/top_images.parquet")
    index = pd.read_parquet(project.folder / "results/probes/scenes/index.parquet")
    train = np.flatnonzero(index["split"] == "train")
    with (
        h5py.File(project.folder / "results/probes/scenes/embeddings/one.h5") as images,
        h5py.File(project.folder / "results/probes/scenes/concepts/labels/one.h5") as concepts,
        h5py.File(project.folder / "results/net/layer4/activations.h5") as layer,
    ):
        similarity = images["embeddings"][...][train] @ concepts["embeddings"][...].T
        names = concepts["concepts"].asstr()[...]
        activations = layer["activations"][...][train]
    for neuron in (0, 7):
        highest = sorted(range(len(train)), key=lambda row: -activations[row, neuron])[:20]
        assert explained["concepts"][neuron].tolist() == [names[similarity[highest].mean(axis=0).argmax()]]

    config["methods"]["top_images"]["top_image"] = 3
    project.configure(config)
    refused = project.plan()
    assert refused.status == 1
    assert refused.last == (
        "linexp: config.yaml: methods.top_images.top_image: unknown key 'top_image'; did you mean 'top_images'?"
    )
