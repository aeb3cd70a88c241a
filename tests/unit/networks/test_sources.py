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
    assert SOURCES[source].name_key in keys["required"] and "untrained" in keys["properties"]
    if not SOURCES[source].is_trained_here:
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


def test_the_schema_has_a_rule_for_each_source():
    rules = whole_schema(SCHEMA)["$defs"]["model"]["allOf"]
    assert [rule["if"]["properties"]["source"]["const"] for rule in rules] == list(SOURCES)
