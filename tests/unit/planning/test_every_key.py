"""Every key of the configuration, and whose recipes are others once it has another value."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from jsonschema import Draft202012Validator

from helpers.changed_keys import ROWS
from helpers.configs import SCHEMA
from helpers.plans import recipes
from helpers.projects import new_project
from helpers.whole_configs import images, networks
from linexp.config.checks import whole_schema


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The workflow with all files that the configurations name, without results."""
    project = new_project(tmp_path_factory.mktemp("every_key") / "project")
    for name in ("photos", "others", "tokenizer", "other_tokenizer"):
        (project.folder / name).mkdir()
    for name in ("others/a.jpg", "photos/cat/a.jpg", "photos/dog/b.jpg"):
        (project.folder / name).parent.mkdir(exist_ok=True)
        (project.folder / name).write_text("an image")
    (project.folder / "other_tokenizer" / "vocabulary.txt").write_text("a word")
    table = pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int32())})
    for name in ("photos", "others"):
        pq.write_table(table, project.folder / f"{name}.parquet")
    names = ("weights.safetensors", "others.safetensors", "weights.pt", "others.pt", "theirs.csv", "others.csv")
    names = (*names, "photos.tar", "others.tar", "splits.csv", "values.h5", "others.h5")
    for name in (*names, "other.json", "other.txt", "groups.yaml", "names.txt"):
        (project.folder / name).write_text(name)
    for name in ("directions.npy", "others.npy"):
        np.save(project.folder / name, np.eye(3) * (1 + len(name)))
    for name in ("mine.py", "theirs.py"):
        (project.folder / name).write_text(f"def make():\n    return {name!r}\n")
    return project.folder


def changed(config: dict, key: str, value) -> dict:
    """A configuration in which a key has another value."""
    config = yaml.safe_load(yaml.safe_dump(config))
    *parents, last = key.split(".")
    place = config
    for name in parents:
        place = place.setdefault(name, {})
    if last == "search" and "search" not in place:  # instead of what goes with an elastic net
        place.pop("greedy", None)
    place[last] = value
    return config


def differing(before: dict, after: dict) -> set[str]:
    """The rules of jobs that are new, or whose recipe is another."""
    return {rule for output, (rule, recipe) in after.items() if before.get(output, (rule, None))[1] != recipe}


CHOICES = ("kind", "source", "similarity")
"""Keys whose other values are other entries, which have rows of their own."""


def keys_of(root: dict) -> dict[int, str]:
    """The name of every key that a schema knows, by its identity; one that is in several places counts once."""
    found, waiting = {}, [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found |= {id(inner): name for name, inner in part.get("properties", {}).items() if inner is not False}
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def reached(value, schema: dict, root: dict, names: list[str]) -> set[int]:
    """The keys of a schema, by their identity, that a path in a configuration leads through."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    parts = [
        schema,
        *(rule["then"] for rule in schema.get("allOf", ()) if Draft202012Validator(rule["if"]).is_valid(value)),
    ]
    found, (name, *rest) = set(), names
    for part in parts:
        inner = part.get("properties", {}).get(name, part.get("additionalProperties"))
        if isinstance(inner, dict):
            found |= {id(inner)} | (reached(value.get(name, {}), inner, root, rest) if rest else set())
    return found


def test_every_key_has_a_row():
    schema = whole_schema(SCHEMA)
    known, there = keys_of(schema), set()
    for of, rows in ROWS.items():
        for key, value, _ in rows:
            names = key.split(".")
            for config in (of()[0], changed(of()[0], key, value)):
                for inside in [[], *([name] for name in value)] if isinstance(value, dict) else [[]]:
                    there |= reached(config, schema, schema, [*names, *inside])
    assert sorted(name for key, name in known.items() if key not in there and name not in CHOICES) == []


LONG = (images, networks)


@pytest.mark.parametrize("of", [pytest.param(of, marks=pytest.mark.long if of in LONG else ()) for of in ROWS])
def test_a_key_that_is_changed_is_in_the_recipes_of_those_whom_it_concerns_and_of_no_others(of, folder):
    config, outputs = of()
    configs = [config, *(changed(config, key, value) for key, value, _ in ROWS[of])]
    before, *found = recipes(folder, configs, *outputs)
    wrong = {
        f"{key}: {value}": {"lacking": sorted(rules - there), "more": sorted(there - rules)}
        for (key, value, rules), after in zip(ROWS[of], found, strict=True)
        if (there := differing(before, after)) != rules
    }
    assert wrong == {}
