"""Kinds of images: what each says of itself holds, and a further kind works with its file and its line alone."""

import jsonschema
import pytest
import yaml

from helpers.configs import SCHEMA, SMALL
from helpers.images import Images
from linexp.config.checks import checked, whole_schema
from linexp.errors import LinexpError
from linexp.probes.kinds import KINDS, Kind
from linexp.probes.sources import has_classes, open_source, possible_labels

TOY = Kind(
    keys="""
description: Images in memory.
required: [dyed]
properties:
  root: {description: A folder., type: string, default: .}
  dyed: {description: How many images., type: integer, minimum: 1}
""",
    how_to_get="dye some",
    labels=lambda _entry: {"classes", "concepts"},
    open=lambda entry, _paths, _class_names: Images(numbers=range(entry["dyed"])),
    images=lambda entry: entry["dyed"],
)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(KINDS, "toy", TOY)
    whole_schema.cache_clear()
    yield
    whole_schema.cache_clear()


def config(**entry):
    config = yaml.safe_load(SMALL)
    config["probes"]["dyes"] = {"kind": "toy", **entry}
    return config


@pytest.mark.parametrize("kind", KINDS)
def test_the_keys_of_a_kind_are_a_valid_schema_that_requires_what_it_has(kind):
    keys = yaml.safe_load(KINDS[kind].keys)
    jsonschema.Draft202012Validator.check_schema(keys)
    assert set(keys) == {"description", "required", "properties"}
    assert set(keys["required"]) <= set(keys["properties"])


def test_a_further_kind_is_opened_with_its_own_keys_and_defaults(toy):
    entry = checked(config(dyed=4), SCHEMA)["probes"]["dyes"]
    assert entry == {"kind": "toy", "root": ".", "dyed": 4}
    assert open_source(entry).keys == ["0.png", "1.png", "2.png", "3.png"]
    assert has_classes(entry) and possible_labels(entry) == {"classes", "concepts"}


def test_a_key_of_another_kind_is_refused(toy):
    with pytest.raises(LinexpError, match=r"^probes\.dyes\.size"):
        checked(config(dyed=4, size=64), SCHEMA)


def test_a_kind_without_its_line_is_refused_with_those_that_there_are():
    with pytest.raises(LinexpError, match=r"^probes\.dyes\.kind.*toy.*scenes"):
        checked(config(dyed=4), SCHEMA)
