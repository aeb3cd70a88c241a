"""What the explorer of a layer takes where a target asks for more or less."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.planning import evaluation_files, inputs

HERE = SimpleNamespace(target="net", layer="layer4")


def files(**settings):
    changed = small()
    layer = changed["targets"]["net"]["layers"]["layer4"]
    layer |= {name: settings.pop(name) for name in ("ablation",) if name in settings}
    changed["targets"]["net"] |= settings
    config = checked(changed, SCHEMA)
    return evaluation_files.explorer_files(config, HERE), inputs.linear_methods(config, HERE)


def test_stability_is_of_each_linear_method_and_only_where_it_is_asked_for():
    assert "stability" not in files()[0]
    found, linear = files(stability=True)
    assert linear and found["stability"] == [f"results/net/layer4/stability/{name}.parquet" for name in linear]


@pytest.mark.parametrize("scored", [True, False])
def test_effects_on_the_output_take_what_ablation_has_recorded_and_record_nothing_of_their_own(scored):
    found, _ = files(ablation=scored)
    assert ("head" in found, "outputs" in found) == (scored, scored)
    if scored:
        assert (found["head"], found["outputs"]) == ("results/net/layer4/head.h5", "results/net/outputs.h5")
