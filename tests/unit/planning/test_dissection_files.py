"""Network Dissection reads units as they were recorded, where their file leaves open how."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.planning.dissection_files import dissection_files

WILDCARDS = SimpleNamespace(target="net", layer="layer4", method="masks")


@pytest.mark.parametrize(("said", "needed"), [({}, True), ({"subtract_bias": False}, False)])
def test_the_recorded_activations_are_asked_for_where_the_entry_does_not_say_it(said, needed, tmp_path):
    (tmp_path / "sae.npz").touch()
    config = small()
    config["methods"]["masks"] = {"kind": "network_dissection"}
    net = config["targets"]["net"]
    net["methods"] = ["masks"]
    net["layers"]["layer4"]["units"] = {"sae": str(tmp_path / "sae.npz"), "activation": "relu"} | said
    files = dissection_files(checked(config, SCHEMA), WILDCARDS)
    assert files["units"] == [str(tmp_path / "sae.npz")]
    assert files.get("activations") == ("results/net/layer4/activations.h5" if needed else None)


def test_neurons_are_dissected_without_being_recorded():
    config = small()
    config["methods"]["masks"] = {"kind": "network_dissection"}
    config["targets"]["net"]["methods"] = ["masks"]
    assert "activations" not in dissection_files(checked(config, SCHEMA), WILDCARDS)
