"""A cell of the paper's tables is measured where its data are, and says what is missing where they are not."""

from pathlib import Path

import pytest
import yaml

from linexp.config import checks as configuration
from linexp.paper.sources import cells_of
from linexp.paper.tables import NOT_APPLICABLE, paper_tables

REPOSITORY = Path(__file__).parents[3]
SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))

CONFIG = """
run: []
probes:
  photos: {kind: image_folder, root: photos}
  others: {kind: image_folder, root: others}
  thirds: {kind: image_folder, root: thirds}
  unlabelled: {kind: parquet, files: [unlabelled.parquet]}
  pixels: {kind: broden, root: pixels}
image_text_models:
  one: {model: ViT-B-32, pretrained: one.pt, calibration: {probe: thirds}}
  two: {model: ViT-B-32, pretrained: openai, calibration: {probe: others}}
targets:
  resnet50:
    model: {source: torchvision, name: resnet50, weights: IMAGENET1K_V1}
    probe: photos
    layers:
      layer3: {module: layer3, pool: avg, ablation: false}
      layer4: {module: layer4, pool: avg}
    explainer: one
    simulator: two
    concepts: class_names
    methods: [le_label, le_siglip, clip_dissect]
  resnet50_netdissect: {like: resnet50, methods: [network_dissection_broden]}
  resnet50_milan: {like: resnet50, methods: [milan]}
  mine:
    model:
      {source: torchvision, name: resnet18, weights: mine.pt, preprocess: {resize: 32, mean: [0, 0, 0], std: [1, 1, 1]}}
    probe: unlabelled
    layers: {last: {module: layer4, pool: avg, ablation: false}, first: {module: layer1, pool: avg, ablation: false}}
    explainer: one
    simulator: two
    concepts: words
    methods: [le_siglip, clip_dissect]
concept_sets:
  words: {words: 10}
methods:
  le_label: {kind: linear, presence: label}
  le_siglip: {kind: linear, presence: pseudo}
  clip_dissect: {kind: clip_dissect}
  network_dissection_broden: {kind: network_dissection, probe: pixels}
  milan: {kind: imported, file: "milan/{target}_{layer}.csv"}
"""
DATA = (
    *("photos/cat/1.jpg", "others/cat/1.jpg", "thirds/cat/1.jpg", "unlabelled.parquet", "pixels/index.csv"),
    *("one.pt", "mine.pt", "milan/resnet50_layer4.csv"),
)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A configuration, checked, and all its data."""
    monkeypatch.chdir(tmp_path)
    for path in map(Path, DATA):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return configuration.checked(yaml.safe_load(CONFIG), SCHEMA)


def _cells(config, number, row):
    return {cell.column: cell for cell in cells_of(config, number) if cell.row == row}


@pytest.mark.parametrize("number", paper_tables())
def test_every_target_layer_and_method_of_a_table_is_in_the_shipped_configuration(number):
    config = configuration.checked(SHIPPED, SCHEMA)
    for cell in paper_tables()[number].cells():
        if cell.printed != NOT_APPLICABLE:
            target = config["targets"][cell.target]
            assert set(cell.layers) <= set(target["layers"])
            assert cell.method is None or cell.method in target["methods"]
            if cell.measure.startswith("ablation"):
                assert target["layers"][cell.layers[0]]["ablation"]


def test_no_table_measures_a_cell_twice():
    for table in paper_tables().values():
        measures = [cell.measures for cell in table.cells() if cell.printed != NOT_APPLICABLE]
        assert len(measures) == len(set(measures))


def test_cells_are_measured_from_the_artifacts_of_their_targets(config):
    cells = _cells(config, 2, "ResNet-50 (ImageNet)")
    assert cells["LE (Label)"].files == ("results/resnet50/layer4/scores.parquet",)
    assert cells["MILAN"].files == ("results/resnet50_milan/layer4/scores.parquet",)
    assert cells["Network Dissection"].files == ("results/resnet50_netdissect/layer4/scores.parquet",)
    assert {cell.simulator for cell in cells.values() if cell.files} == {"two"}
    assert cells["CLIP-Dissect"].note == "there is no method clip_dissect_published"
    assert _cells(config, 14, "ResNet-50 (ImageNet)")["Dead neurons"].files == (
        "results/resnet50/layer4/activations.h5",
    )
    assert not any(
        cell.files or cell.note for cell in _cells(config, 2, "VGG-16 (CIFAR-100)").values() if cell.method == "milan"
    )
    assert _cells(config, 2, "ViT-B/16 (ImageNet)")["LE (Label)"].note == "there is no such target in the configuration"


def test_top_impact_is_over_all_layers_together_only_if_all_are_there(config):
    assert _cells(config, 1, "ResNet-50, layer 4")["β = 0.1"].files == ("results/resnet50/layer4/impact.parquet",)
    assert _cells(config, 1, "ResNet-50, all")["β = 0.1"].note == "there is no layer conv1"


PAPER = "ResNet-50 (ImageNet)"


@pytest.mark.parametrize(
    ("gone", "number", "row", "column", "note"),
    [
        ("photos", 14, PAPER, "Dead neurons", "probes.photos.root: photos does not exist; put the images there"),
        ("photos", 2, PAPER, "LE (Label)", "probes.photos.root: photos does not exist"),
        ("others", 2, PAPER, "LE (Label)", "probes.others.root: others does not exist"),
        ("others", 14, PAPER, "Dead neurons", ""),
        ("thirds", 2, PAPER, "LE (SigLIP)", "probes.thirds.root: thirds does not exist"),
        ("thirds", 2, PAPER, "MILAN", ""),
        ("one.pt", 2, PAPER, "LE (SigLIP)", "image_text_models.one.pretrained: one.pt does not exist"),
        ("one.pt", 2, PAPER, "MILAN", ""),
        (
            "milan/resnet50_layer4.csv",
            2,
            PAPER,
            "MILAN",
            "methods.milan.file: milan/resnet50_layer4.csv does not exist",
        ),
        ("milan/resnet50_layer4.csv", 2, PAPER, "LE (Label)", ""),
        ("pixels", 2, PAPER, "Network Dissection", "probes.pixels.root: pixels does not exist"),
        ("pixels", 2, PAPER, "LE (Label)", ""),
        ("mine.pt", 14, "mine/last", "Dead neurons", "targets.mine.model.weights: mine.pt does not exist"),
        ("unlabelled.parquet", 14, "mine/last", "Dead neurons", "probes.unlabelled.files: unlabelled.parquet does not"),
    ],
)
def test_what_is_missing_is_said_and_only_where_it_is_needed(config, gone, number, row, column, note):
    config["run"] = ["mine/last"]
    assert _cells(config, number, row)[column].files
    Path(gone).rename("elsewhere")
    cell = _cells(config, number, row)[column]
    assert bool(cell.files) == (not note)
    assert cell.note.startswith(note) and bool(cell.note) == bool(note)


def test_ablation_and_impact_need_labels_and_a_layer_that_is_ablated(config):
    config["run"] = ["mine/last", "resnet50/layer3"]
    assert _cells(config, 1, "mine/last")["β = 0.1"].note.startswith("Top Impact needs labels")
    assert _cells(config, 3, "mine/last")["LE (SigLIP)"].note == "ablation is switched off for last"
    Path("photos/cat/1.jpg").unlink()
    Path("photos/cat").rmdir()
    assert _cells(config, 3, PAPER)["LE (SigLIP)"].note.startswith("cross_entropy needs labels")
    assert "take out what explains by labels" in _cells(config, 2, "resnet50/layer3")["LE (SigLIP)"].note
    config["targets"]["resnet50"]["methods"].remove("le_label")
    assert _cells(config, 2, "resnet50/layer3")["LE (SigLIP)"].files


def test_layers_under_run_are_further_rows_with_the_methods_that_they_have(config):
    config["run"] = ["mine/last", "resnet50/layer4"]
    own = _cells(config, 2, "mine/last")
    assert {column: cell.method for column, cell in own.items()} == {
        "CLIP-Dissect": "clip_dissect",
        "LE (SigLIP)": "le_siglip",
    }
    further = {number: len(cells_of(config, number)) - len(paper_tables()[number].cells()) for number in range(1, 16)}
    # ResNet-50's layers are in the tables already, but for CLIP-Dissect by another method and all layers together
    assert {number for number, cells in further.items() if cells} == {1, 2, 3, 4, 9, 14, 15}
    assert further[1] == 5 * (3 + 1) and further[14] == 1
    assert [cell.column for cell in _cells(config, 2, "resnet50/layer4").values()] == ["CLIP-Dissect"]


def test_impact_is_of_every_layer_of_a_target_under_run_and_of_all_together(config):
    config["run"] = ["mine/last"]
    rows = [cell.row for cell in cells_of(config, 1) if not cell.printed]
    assert list(dict.fromkeys(rows)) == ["mine/first", "mine/last", "mine/first+last"]


def test_recordings_of_a_target_that_is_like_another_are_those_of_the_other(config):
    config["run"] = ["resnet50_milan/layer3"]
    (cell,) = _cells(config, 14, "resnet50_milan/layer3").values()
    assert cell.files == ("results/resnet50/layer3/activations.h5",)
