"""The main job on real photos: CIFAR-10 as Parquet, in the folder that the variable CIFAR10 names."""

import os

import pandas as pd
import pytest

from conftest import REPOSITORY, new_project

pytestmark = pytest.mark.skipif(
    "CIFAR10" not in os.environ, reason="set CIFAR10 to a folder with cifar10_train.parquet and cifar10_test.parquet"
)


@pytest.fixture(scope="module")
def summary(tmp_path_factory) -> pd.DataFrame:
    project = new_project(tmp_path_factory.mktemp("cifar10") / "project")
    (project.folder / "config.yaml").write_text((REPOSITORY / "config.yaml").read_text())
    project.run("results/cifar10_resnet/layer4/summary.csv")
    return pd.read_csv(project.folder / "results/cifar10_resnet/layer4/summary.csv").set_index("method")


def test_photos_are_explained_better_than_by_the_baselines(summary):
    assert (summary["neurons"] >= 128).all()
    for method in ("le_label", "le_siglip"):
        assert summary.loc[method, "correlation"] > summary.loc["best_concept", "correlation"]
        assert summary.loc[method, "ci_low"] > summary.loc["clip_dissect", "ci_high"]
