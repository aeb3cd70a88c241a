"""Sources of networks: what each says of itself holds, and none loads its library to be asked."""

import subprocess
import sys

import jsonschema
import pytest
import yaml

from helpers.configs import REPOSITORY, SCHEMA, small
from linexp.config.checks import checked, whole_schema
from linexp.errors import LinexpError
from linexp.networks.sources import SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_the_keys_of_a_source_are_a_valid_schema_with_what_it_is_asked_for(source):
    keys = yaml.safe_load(SOURCES[source].keys)
    jsonschema.Draft202012Validator.check_schema(keys)
    assert set(keys) == {"description", "required", "properties"}
    assert set(keys["required"]) <= set(keys["properties"])
    assert SOURCES[source].name_key in keys["required"]
    assert ("untrained" in keys["properties"]) == SOURCES[source].has_network
    if SOURCES[source].build:
        assert SOURCES[source].weights_key in keys["properties"]
        assert ("preprocess" in keys["required"]) == (SOURCES[source].preprocessing is None)
        assert (SOURCES[source].download is None) == (SOURCES[source].tags == ())


def test_the_configuration_is_checked_without_loading_a_library_of_networks():
    code = "import sys; import linexp.config.checks; print([name for name in ('torch', 'timm') if name in sys.modules])"
    scripts = REPOSITORY / "workflow/scripts"
    ran = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"source": "timm", "name": "test_vit", "weights": "imagenet"}, r"unknown to timm; give pretrained, none or a"),
        ({"source": "torchvision", "repo": "a/b"}, r"model\.repo: unknown key"),
        ({"source": "github"}, r"model\.source: 'github' is not possible; did you mean 'hub'"),
    ],
)
def test_what_a_source_does_not_have_is_refused(model, message):
    config = small()
    next(iter(config["targets"].values()))["model"] = model
    with pytest.raises(LinexpError, match=message):
        checked(config, SCHEMA)


def recorded(**target) -> dict:
    """A configuration whose target is recorded activations."""
    config = small() | {"run": []}
    entry = next(iter(config["targets"].values()))
    entry |= {"model": {"source": "recorded", "activations": "a.npy"}, "layers": {"one": {}}, "controls": []} | target
    return config


def test_recorded_activations_have_no_ablation_and_no_classes():
    target = next(iter(checked(recorded(), SCHEMA)["targets"].values()))
    assert (target["class_map"], target["classes"]) == ("none", "none")
    assert target["layers"]["one"]["ablation"] is False and not target["layers"]["one"].get("impact")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"layers": {"one": {"module": "a", "pool": "avg"}}},
            r"layers\.one\.module: the model is recorded",
        ),
        ({"layers": {"one": {"ablation": True}}}, r"layers\.one\.ablation: .* without a network; take it out"),
        ({"layers": {"one": {"impact": True}}}, r"layers\.one\.impact: .* without a network; take it out"),
        ({"layers": {"a": {}, "b": {}}}, r"layers: 'a' and 'b' would be the same numbers; put \{layer\} into"),
        ({"controls": ["untrained"]}, r"controls: untrained needs a network"),
        ({"class_map": {"circle": 1}}, r"class_map: a model without classes knows none"),
        ({"methods": ["dissection"]}, r"methods\.0: 'dissection' runs the network"),
        ({"model": {"source": "recorded", "activations": "a.pt"}}, r"activations: 'a\.pt' is none of \.npy, \.h5"),
        (
            {"model": {"source": "recorded", "activations": "a.npy", "dataset": "b"}},
            r"dataset: 'a\.npy' has no data sets, as an \.h5 file has",
        ),
        ({"model": {"source": "trained", "name": "net"}}, r"layers\.one: key 'module' is missing; add it"),
    ],
)
def test_what_takes_a_network_is_refused_of_recorded_activations(target, message):
    config = recorded(**target)
    config["methods"]["dissection"] = {"kind": "network_dissection"}
    with pytest.raises(LinexpError, match=message):
        checked(config, SCHEMA)


def test_several_layers_are_told_apart_by_the_file_or_the_data_set():
    for model in ({"activations": "{layer}.npy"}, {"activations": "a.h5", "dataset": "{layer}"}):
        checked(recorded(model={"source": "recorded"} | model, layers={"a": {}, "b": {}}), SCHEMA)


def test_the_schema_has_a_rule_for_each_source():
    rules = whole_schema(SCHEMA)["$defs"]["model"]["allOf"]
    assert [rule["if"]["properties"]["source"]["const"] for rule in rules] == list(SOURCES)
