"""What the explorer of a layer takes where a target asks for more or less."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.planning import explorer_files, figure_files, inputs

HERE = SimpleNamespace(target="net", layer="layer4")


def files(**settings):
    changed = small()
    layer = changed["targets"]["net"]["layers"]["layer4"]
    layer |= {name: settings.pop(name) for name in ("ablation",) if name in settings}
    changed["targets"]["net"] |= settings
    config = checked(changed, SCHEMA)
    return explorer_files.files(config, HERE), inputs.linear_methods(config, HERE)


def test_stability_is_of_each_linear_method_and_only_where_it_is_asked_for():
    assert "stability" not in files()[0]
    found, linear = files(stability=True)
    assert linear and found["stability"] == [f"results/net/layer4/stability/{name}.parquet" for name in linear]


@pytest.mark.parametrize("scored", [True, False])
def test_effects_on_the_output_are_told_where_ablation_is_scored(scored):
    found, _ = files(ablation=scored)
    assert ("head" in found, "outputs" in found, "effects" in found) == (scored, scored, scored)
    if scored:
        assert (found["head"], found["outputs"]) == ("results/net/layer4/head.h5", "results/net/outputs.h5")


@pytest.mark.parametrize(("settings", "drawn"), [({}, True), ({"ablation": False}, False)])
def test_figures_are_those_that_the_whole_workflow_draws_of_the_layer_each_with_its_caption(settings, drawn):
    changed = small()
    changed["targets"]["net"]["layers"]["layer4"] |= settings
    config = checked(changed | {"run": ["net/layer4"]}, SCHEMA)
    found = explorer_files.files(config, HERE)["figures"]
    assert found == figure_files.figures_of_run(config, None)
    assert ("results/net/layer4/figures/top_impact.svg" in found) == drawn
    told = figure_files.told_of_layer(config, HERE)
    assert len(told) == len(found) and all("net / layer4" in caption for _, caption in told)
