"""The paper's tables are filled with what a user's targets measure, and stay empty where data are missing."""

import pandas as pd
import pytest

ALL = [f"results/tables/table_{number:02d}.csv" for number in range(1, 16)]


@pytest.fixture(scope="module")
def tabulated(finished, tmp_path_factory):
    """A project with some of the paper's targets: one that can be measured, one whose images are not there."""
    project = finished.copy(tmp_path_factory.mktemp("tables") / "project")
    config = project.config()
    net = config["targets"]["net"]
    config["probes"]["photos"] = {"kind": "image_folder", "root": "data/photos"}
    config["targets"]["resnet50"] = {
        "like": "net",
        "layers": {"layer4": {"ablation": False}},
        "methods": ["le_label", "le_siglip"],
    }
    config["targets"]["vit_b_16"] = {
        **net,
        "probe": "photos",
        "layers": {"mlp11": {"module": "layer4", "pool": "avg"}},
        "controls": [],
    }
    project.configure(config)
    project.run("results/tables/table_02.md", "results/tables/table_02.tex", "results/tables/table_14.csv")
    return project


def table(project, number):
    cells = pd.read_csv(
        project.folder / f"results/tables/table_{number:02d}.csv", keep_default_na=False, na_values=[""]
    )
    return cells.set_index(["row", "column"])


def test_cells_are_the_means_of_the_targets_beside_the_printed_figures(tabulated):
    cells = table(tabulated, 2)
    scores = pd.read_parquet(tabulated.folder / "results/resnet50/layer4/scores.parquet")
    for column, method in (("LE (Label)", "le_label"), ("LE (SigLIP)", "le_siglip")):
        cell, rows = cells.loc[("ResNet-50 (ImageNet)", column)], scores[scores["method"] == method]
        assert cell["measured"] == pytest.approx(rows["correlation"].fillna(0).mean(), rel=1e-4)
        assert cell["length"] == pytest.approx(rows["n_concepts"].mean(), rel=1e-4)
        assert (cell["neurons"], cell["target"], cell["simulator"]) == (len(rows), "resnet50", "two")
    assert cells.loc[("ResNet-50 (ImageNet)", "LE (Label)"), ["paper", "paper_se"]].tolist() == [0.2924, 0.002]


def test_a_layer_under_run_is_a_row_with_the_means_and_intervals_of_its_summary(tabulated):
    cells = table(tabulated, 2).loc["net/layer4"]
    summary = pd.read_csv(tabulated.folder / "results/net/layer4/summary.csv")
    summary = summary[summary["control"].isna()].set_index("method")
    assert cells["method"].to_dict() == {
        "CLIP-Dissect": "clip_dissect",
        "LE (Label)": "le_label",
        "LE (SigLIP)": "le_siglip",
    }
    for cell in cells.to_dict("records"):
        row = summary.loc[cell["method"]]
        for ours, theirs in (("measured", ""), ("se", "_se"), ("low", "_low"), ("high", "_high")):
            assert cell[ours] == pytest.approx(row[f"correlation{theirs}"], abs=2e-6)


def test_what_is_missing_leaves_cells_empty_and_is_said(tabulated):
    cells = table(tabulated, 2)
    without = cells.loc["ViT-B/16 (ImageNet)"]
    assert without[["measured", "low", "high", "neurons"]].isna().all(axis=None)
    reason = "probes.photos.root: data/photos does not exist; put the images there, one folder a class, or change root"
    assert without.loc["LE (Label)", "note"] == reason
    markdown = (tabulated.folder / "results/tables/table_02.md").read_text(encoding="utf-8")
    assert "vit\\_b\\_16: probes.photos.root: data/photos does not exist" in markdown
    assert "| ResNet-50 (ImageNet) | measured |" in markdown
    tex = (tabulated.folder / "results/tables/table_02.tex").read_text(encoding="utf-8")
    assert "% not measured: vit_b_16: probes.photos.root" in tex and r"\bottomrule" in tex


def test_the_share_of_dead_neurons_is_that_of_the_shared_recording(tabulated):
    cells = table(tabulated, 14)
    scores = pd.read_parquet(tabulated.folder / "results/net/layer4/scores.parquet").query("method == 'le_label'")
    for row in ("ResNet-50 (ImageNet)", "net/layer4"):
        assert cells.loc[(row, "Dead neurons"), "measured"] == pytest.approx(scores["dead"].mean(), abs=1e-6)
    assert not (tabulated.folder / "results/resnet50/layer4/activations.h5").exists()


def test_every_table_can_be_planned_and_is_not_made_again(tabulated):
    assert tabulated.planned(*ALL)["fill_table"] == 13
    assert tabulated.planned("results/tables/table_02.md", "results/tables/table_14.csv") == {}


def test_a_table_is_made_again_when_data_appear(project):
    config = project.config()
    config["methods"]["milan"] = {"kind": "imported", "file": "theirs.csv"}
    config["targets"]["vit_l_32"] = {
        **config["targets"]["net"],
        "layers": {"mlp23": {"module": "layer4", "pool": "avg", "ablation": False}},
        "methods": ["milan", "le_siglip"],
        "controls": [],
    }
    project.configure(config)
    project.run("results/tables/table_15.csv")
    assert "theirs.csv does not exist" in table(project, 15).loc[("ViT-L/32 (ImageNet)", "LE (SigLIP)"), "note"]
    (project.folder / "theirs.csv").write_text("unit,description\n0,cars\n", encoding="utf-8")
    assert {"fill_table": 1, "import_explanations": 1}.items() <= project.planned("results/tables/table_15.csv").items()
