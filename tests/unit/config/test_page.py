"""docs/configuration.md is what the schema gives, with a meaning and an example of every key."""

import copy
import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from helpers.configs import REPOSITORY, SCHEMA
from linexp.config.checks import checked, whole_schema

PAGE = (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8")
SECTIONS = {title: text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}
ROOT = whole_schema(SCHEMA)
NAMED = ["probes", "training_sets", "trained_models", "image_text_models", "concept_sets", "targets", "methods"]


@pytest.fixture
def program(monkeypatch):
    monkeypatch.syspath_prepend(REPOSITORY / "tools")
    import make_configuration_page

    return make_configuration_page


def expanded(schema):
    """A schema with all that it refers to in its place."""
    if isinstance(schema, list):
        return [expanded(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    own = {word: expanded(inner) for word, inner in schema.items() if word not in ("$ref", "$defs")}
    if "$ref" not in schema:
        return own
    return {**expanded(ROOT["$defs"][schema["$ref"].removeprefix("#/$defs/")]), **own}


def keys_of(schema, place=()):
    """Where each key is and its schema; of a rule for a kind, without the key that says which kind it is."""
    for name, inner in schema.get("properties", {}).items():
        yield (*place, name), inner
        yield from keys_of(inner, (*place, name))
    for rule in schema.get("allOf", ()):
        for where, inner in keys_of(rule["then"], place):
            if where[len(place)] not in rule["if"]["properties"]:
                yield where, inner
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys_of(schema["additionalProperties"], (*place, "<name>"))


KEYS = list(keys_of(expanded(ROOT)))


def rows(text):
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]


def plain(meaning):
    """A meaning without what a page adds to it."""
    return " ".join(meaning.replace("\\", "").split()).removesuffix(".").lower()


def test_the_page_is_what_the_schema_gives(program):
    assert program.page(ROOT) == PAGE, "the schema or its program has changed: python tools/make_configuration_page.py"


def test_all_keys_are_found():
    found = {".".join(place) for place, _ in KEYS}
    assert {"seed", "split.train", "probes.<name>.kind", "training_sets.<name>.first", "methods.<name>.top_k"} <= found
    assert {"targets.<name>.model.preprocess.mean", "targets.<name>.layers.<name>.pool"} <= found
    assert [place[0] for place, schema in KEYS if len(place) == 1 and "propertyNames" in schema] == NAMED


def test_every_key_has_a_meaning_and_an_example_on_the_page():
    for place, schema in KEYS:
        section, where = SECTIONS[place[0]], place
        if len(place) == 1 and place[0] in NAMED:
            assert f"{schema['description']} " in section and f"```yaml\n{place[0]}:\n" in section
            continue
        if place[0] in NAMED:
            where = place[2:]
        if place[0] == "training_sets":
            assert "[probes](#probes)" in section
            section = SECTIONS["probes"]
        found = [row for row in rows(section) if row[0] == f"`{'.'.join(where)}`"]
        found = [row for row in found if plain(row[3]) == plain(schema["description"])]
        assert found, f"no row of {'.'.join(place)} says: {schema['description']}"
        for row in found:
            for example in re.findall(r"`([^`]+)`", row[4]):
                assert list(yaml.safe_load(example)) == [place[-1]], row
            assert row[4].startswith("`") and len(row) == 5


def test_every_example_and_default_is_valid():
    for place, schema in KEYS:
        values = schema.get("examples", [])
        assert isinstance(values, list), place
        if "default" in schema:
            values = [*values, schema["default"]]
        assert any(value not in (None, [], {}) for value in values), f"{'.'.join(place)} has no example"
        for value in values:
            errors = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
            assert not errors, (place, value, errors)


def test_the_examples_of_the_sections_are_a_configuration_together():
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    config = {name: section for block in blocks for name, section in yaml.safe_load(block).items()}
    assert list(config) == NAMED
    config["run"] = ROOT["properties"]["run"]["examples"][0]
    assert checked(config, SCHEMA)["targets"]["resnet50"]["methods"] == ["le_label", "le_siglip", "clip_dissect"]


def test_no_description_is_cut_short_by_a_comma():
    """`{description: one, two}` is a description `one` and a key `two` without a value."""

    def without_value(schema, place):
        for word, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
            if inner is None:
                yield f"{place}/{word}"
            elif isinstance(inner, dict | list):
                yield from without_value(inner, f"{place}/{word}")

    assert list(without_value(ROOT, "")) == []


@pytest.mark.parametrize("word", ["description", "examples"])
def test_there_is_no_page_of_a_key_without_a_meaning_or_an_example(program, word):
    schema = copy.deepcopy(ROOT)
    del schema["$defs"]["layer"]["properties"]["pool"][word]
    with pytest.raises(ValueError, match=rf"layers\.<name>\.pool: the schema has no {word.removesuffix('s')}"):
        program.page(schema)


def test_types_are_told_in_words_and_bars_are_escaped():
    types = {row[0].strip("`"): row[1:3] for row in rows(PAGE)}
    assert types["split.train"] == ["number, above 0, at most 1", "required"]
    assert types["nouns"] == ["integer, 1 to 6800", "–"]
    assert types["limit"] == ["integer, at least 1", "–"]
    assert types["model.preprocess.mean"] == ["list of 3 numbers, 0 to 1", "required"]
    assert types["presence"] == [r"one of `label` \| `pseudo` \| `both` \| `area`", "required"]
    assert types["controls"] == [r"list of `shuffled` \| `random_concepts` \| `untrained`", "`[]`"]
    assert types["temperature"] == ["`fit`; or number, 0.05 to 20", "`fit`"]
    assert types["class_map"] == ["mapping; or `none`", "–"]
    assert types["greedy"] == ["mapping", "as below"]
