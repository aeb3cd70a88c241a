"""The main job on real photos: CIFAR-10 as Parquet, in the folder that the variable CIFAR10 names."""

import os

import pandas as pd
import pytest
import yaml

from helpers.projects import REPOSITORY, new_project

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        "CIFAR10" not in os.environ,
        reason="set CIFAR10 to a folder with cifar10_train.parquet and cifar10_test.parquet",
    ),
]
METHODS = ["le_label", "le_siglip", "best_concept", "clip_dissect"]


@pytest.fixture(scope="module")
def summary(tmp_path_factory) -> pd.DataFrame:
    project = new_project(tmp_path_factory.mktemp("cifar10") / "project")
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    config["training_sets"]["cifar10_train"]["limit"] = 4000  # of 15,000: training takes most of the time
    config["probes"]["cifar10_test"]["limit"] = 4000
    config["targets"]["cifar10_resnet"]["methods"] = METHODS
    project.configure(config)
    project.run("results/cifar10_resnet/layer4/summary.csv")
    table = pd.read_csv(
        project.folder / "results/cifar10_resnet/layer4/summary.csv", keep_default_na=False, na_values=[""]
    )
    return table.assign(control=table["control"].fillna("")).set_index("method")


@pytest.mark.parametrize("metric", ["correlation", "ablation_optim", "ablation_norm"])
def test_photos_are_explained_better_than_by_the_baselines_and_by_chance(metric, summary):
    assert (summary["neurons"] >= 128).all()
    explained = summary[summary["control"] != "untrained"]
    for method in ("le_label", "le_siglip"):
        assert explained.loc[method, metric] > explained.loc["best_concept", metric]
        for rival in ("clip_dissect", "random_concepts"):
            assert explained.loc[method, f"{metric}_low"] > explained.loc[rival, f"{metric}_high"]


def test_explanations_of_other_neurons_and_of_an_untrained_network_lie_far_below(summary):
    for method in ("le_label", "le_siglip"):
        row = summary[summary["control"] == ""].loc[method]
        assert row["correlation_low"] > row["correlation_shuffled_p95"] + 0.2
    untrained = summary[summary["control"] == "untrained"].loc["le_label"]
    assert untrained["correlation_high"] + 0.1 < summary[summary["control"] == ""].loc["le_label", "correlation_low"]
