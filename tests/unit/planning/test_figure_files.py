"""Which figures a layer is drawn with, and what of them is of all layers."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.planning import evaluation_files, figure_files, steps

ALL = SimpleNamespace(target="net")


def config(**layers) -> dict:
    changed = small()
    changed["targets"]["net"]["layers"] = {
        name: {"module": name, "pool": "avg", **settings} for name, settings in layers.items()
    }
    changed["run"] = [f"net/{name}" for name in layers]
    return checked(changed, SCHEMA)


@pytest.mark.parametrize(
    ("settings", "drawn"),
    [
        ({}, {"correlation_ablation", "top_impact"}),
        ({"ablation": False}, set()),
        ({"impact": False}, {"correlation_ablation"}),
        ({"ablation": False, "impact": True}, {"top_impact"}),
    ],
)
def test_top_impact_has_a_switch_of_its_own_and_follows_ablation_without(settings, drawn):
    figures = {path.split("/")[-1][:-4] for path in figure_files.figures_of_run(config(layer4=settings), None)}
    assert figures - {"scores", "lengths", "weights", "calibration"} == drawn


def test_a_target_without_classes_is_not_asked_for_what_takes_its_outputs():
    changed = small()
    changed["targets"]["net"]["classes"] = "none"
    changed = checked(changed, SCHEMA)
    assert not [path for path in figure_files.figures_of_run(changed, None) if "ablation" in path or "impact" in path]
    rules = {step.rule for step in steps.steps(changed, "net", "layer4")}
    assert not rules & {"record_outputs", "sample_curves", "score_ablation", "measure_impact", "measure_effects"}
    assert {"record_outputs", "measure_impact"} <= {
        step.rule for step in steps.steps(checked(small(), SCHEMA), "net", "layer4")
    }
    with pytest.raises(LinexpError, match=r"^target net: Top Impact .* `classes: none` says .*; do not ask for it$"):
        evaluation_files.impact_files(changed, SimpleNamespace(target="net", layer="layer4"))


def test_the_figure_of_all_layers_leaves_out_those_without_impact():
    layers = config(layer3={"impact": False}, layer4={"ablation": False})
    assert figure_files.impacts_of_layers(layers, ALL) == ["results/net/layer4/impact.parquet"]
    assert figure_files.settings_of_layers(layers, ALL)["layers"] == ["layer4"]
    none = config(layer4={"impact": False})
    with pytest.raises(LinexpError, match=r"^targets.net.layers: all say impact: false; take it out"):
        figure_files.impacts_of_layers(none, ALL)
