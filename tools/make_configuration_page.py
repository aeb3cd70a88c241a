"""Makes docs/configuration.md, the page of all keys of config.yaml, from workflow/schemas/config.schema.yaml,
the kinds of images (linexp.probes.kinds), the sources of networks (linexp.networks.sources) and the kinds of units
(linexp.networks.units).

    python tools/make_configuration_page.py

Each key is a row of a table: its type, its default, what it means (`description` in the schema), and examples
(`examples` there, or else the default). A rule of the schema for one kind of entry is a table of its own.
"""

import argparse
import re
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from linexp.config.checks import whole_schema

REPOSITORY = Path(__file__).parents[1]
SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"
PAGE = REPOSITORY / "docs/configuration.md"
WIDTH = 120
LARGEST_TOLD = 10**6
"""Larger upper limits are not told: nobody wants to go there."""

HEAD = """\
<!-- Made by tools/make_configuration_page.py from the schema and the library: edit those, and run it again. -->

# The configuration

`config.yaml` says what to explain, with what, and how. [config.yaml](../config.yaml) in the repository is an example of
nearly everything here; [a folder of your own](your-own.md) has a short one, with nothing merged into it. Where there
are several files, [some of it merges](your-own.md#over-another-configuration). A mistake stops Snakemake at once, with
one line that names the key, the value and the remedy.

Names that you invent are letters and digits, with single underscores between them; no two differ by capitals alone, as
some file systems would take them for one. Paths are relative to where `snakemake` runs. Keys with a dot lie in a
mapping: `split.train` is `train` in `split`. `<name>` stands for a name that you invent. A key without a default (–)
may be left out; what is required in a mapping is so where the mapping is given. Equations and sections (Eq. 6, §3.2,
B.1) are those of the paper.
"""
NOTES = {
    "targets": """\
### A target like another

A target that is `like` another needs `methods` alone. It shares that one's `model`, `probe`, `batch_size`, `class_map`
and `temperature`, and may not give its own.""",
    "methods": """\
### A kind of your own

[A baseline of your own](baselines.md) is one more `kind`. The keyword arguments of its function are its keys, beside
`explainer` and `concepts`.""",
}
"""What the schema cannot tell, at the end of a section."""

PLAIN = re.compile(r"[\w./ -]+")
Schema = Mapping[str, Any]


class Key(NamedTuple):
    """A key, by its place in the entry (`calibration.probe`), with its schema, and whether it has to be given."""

    name: str
    schema: Schema
    required: bool


def resolved(schema: Schema, root: Schema) -> Schema:
    """A schema with that which it refers to; what it says itself counts."""
    if "$ref" not in schema:
        return schema
    target = reduce(getitem, schema["$ref"].removeprefix("#/").split("/"), root)
    return {**resolved(target, root), **{word: value for word, value in schema.items() if word != "$ref"}}


def keys(schema: Schema, root: Schema, prefix: str = "") -> Iterator[Key]:
    """The keys of a mapping and of the mappings in it, but for those that only some kinds of it have."""
    for name, inner in schema.get("properties", {}).items():
        inner = resolved(inner, root)
        yield Key(prefix + name, inner, name in schema.get("required", ()))
        yield from keys(inner, root, f"{prefix}{name}.")
    if named := entry(schema, root):
        yield from keys(named, root, f"{prefix}<name>.")


def entry(schema: Schema, root: Schema) -> Schema | None:
    """What belongs to each name in a mapping of names, if it is one."""
    others = schema.get("additionalProperties")
    return resolved(others, root) if isinstance(others, Mapping) else None


def mappings(schema: Schema, root: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """An entry and the mappings in it, each with what its keys begin with."""
    yield prefix, schema
    for key in keys(schema, root, prefix):
        yield f"{key.name}.", key.schema


def kinds(schema: Schema, root: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The kinds of an entry and of the mappings in it: prefix, condition (`kind: scenes`), and what only it has."""
    for prefix, mapping in mappings(schema, root):
        for rule in mapping.get("allOf", ()):
            condition, then = rule["if"]["properties"], resolved(rule["then"], root)
            words = [f"{prefix}{name}: {' or '.join(_values(value))}" for name, value in condition.items()]
            words += [f"with {prefix}{name}" for name in rule["if"].get("required", ()) if name not in condition]
            own = {name: value for name, value in then["properties"].items() if name not in condition}
            yield prefix, ", ".join(words), {**then, "properties": own}


def _values(schema: Schema) -> list[str]:
    return [schema["const"]] if "const" in schema else schema["enum"]


def type_in_words(schema: Schema) -> str:
    """What a value has to be, in words."""
    if "anyOf" in schema:
        return "; or ".join(map(type_in_words, schema["anyOf"]))
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return "one of " + " | ".join(map(code, schema["enum"]))
    match schema["type"]:
        case "object":
            return "mapping"
        case "array":
            n = schema.get("minItems")
            if n and n == schema.get("maxItems"):
                return f"list of {n} {_of_many(schema['items'])}"
            return f"list of {_of_many(schema['items'])}{', not empty' if n else ''}"
        case "boolean":
            return "true or false"
        case "string":
            return "text"
        case kind:
            return kind + _range(schema)


def _of_many(schema: Schema) -> str:
    if schema.get("type") in ("number", "integer"):
        return f"{schema['type']}s{_range(schema)}"
    return type_in_words(schema).removeprefix("one of ")


def _range(schema: Schema) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    told = {word: schema[word] for word in words if word in schema and schema[word] <= LARGEST_TOLD}
    if set(told) == {"minimum", "maximum"}:
        return f", {told['minimum']} to {told['maximum']}"
    return "".join(f", {words[word]} {limit}" for word, limit in told.items())


class _Dumper(yaml.SafeDumper):
    """YAML with quotes around text that a reader could take for something else, as `1:30` is 90 to YAML."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)


def in_yaml(value: Any, flow: bool | None = True) -> str:
    """A value in YAML; with `flow` in one line."""
    width = 10**6 if flow else WIDTH
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, allow_unicode=True, width=width)
    return text.removesuffix("...\n").strip()


def code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else in_yaml(value)}`"


def meaning(place: str, schema: Schema) -> str:
    """The description as a sentence: those that end a message, as in "give a list of names", are none.

    Raises
    ------
    ValueError
        There is none.
    """
    if "description" not in schema:
        raise ValueError(f"{place}: the schema has no description; add one in {SCHEMA.name}")
    description = " ".join(schema["description"].split())
    if description.endswith("."):
        return description
    first = description.split()[0]
    if first.isascii() and first.isalpha():
        description = description[0].upper() + description[1:]
    return description + "."


def examples(key: Key) -> list[Any]:
    """Values that a key may have: those of the schema, or else its default.

    Raises
    ------
    ValueError
        There are none; an empty list or mapping is none.
    """
    found = key.schema.get("examples") or [key.schema.get("default")]
    if any(example in (None, [], {}) for example in found):
        raise ValueError(f"{key.name}: the schema has no example; add examples: […] in {SCHEMA.name}")
    return found


def row(key: Key) -> str:
    """A key as a row of its table."""
    if key.required:
        default = "required"
    elif "default" not in key.schema:
        default = "–"
    elif key.schema["default"] == {} and "properties" in key.schema:
        default = "as below"
    else:
        default = f"`{in_yaml(key.schema['default'])}`"
    last = key.name.split(".")[-1]
    shown = " or ".join(f"`{last}: {in_yaml(example)}`" for example in examples(key))
    meant = meaning(key.name, key.schema).replace("<", r"\<")
    cells = (f"`{key.name}`", type_in_words(key.schema), default, meant, shown)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def table(schema: Schema, root: Schema, prefix: str = "") -> list[str]:
    """The keys of a mapping as a table, and which of them exclude each other."""
    lines = ["| Key | Type | Default | Meaning | Example |", "| --- | --- | --- | --- | --- |"]
    lines += map(row, keys(schema, root, prefix))
    return [
        "\n".join(lines),
        *(words for place, inner in mappings(schema, root, prefix) for words in _choice(inner, place)),
    ]


def _choice(schema: Schema, prefix: str) -> Iterator[str]:
    """A sentence on keys of which not all can be given."""
    if "oneOf" in schema:
        ways = (" and ".join(code(prefix + name) for name in way["required"]) for way in schema["oneOf"])
        yield f"Give either {', or '.join(ways)}."
    if schema.get("maxProperties") == 1:
        yield "Give one of these alone."


def section(key: Key, root: Schema) -> list[str]:
    """All about a top-level key."""
    title, of_each = f"## {key.name}", entry(key.schema, root)
    if of_each is None:
        alone = {"properties": {key.name: key.schema}, "required": [key.name] if key.required else []}
        return [title, *table(alone, root)]
    needed = "Required." if key.required else "May be left out."
    parts = [
        title,
        f"{meaning(key.name, key.schema)} {needed}",
        f"```yaml\n{in_yaml({key.name: examples(key)[0]}, flow=None)}\n```",
    ]
    first = next(name for name, other in root["properties"].items() if entry(other, root) == of_each)
    if first != key.name:
        return [*parts, f"The keys of an entry are those of [{first}](#{first})."]
    parts += table(of_each, root)
    for prefix, condition, own in kinds(of_each, root):
        parts += [f"### {condition}", meaning(f"{key.name}, {condition}", own), *table(own, root, prefix)]
    if key.name in NOTES:
        parts.append(NOTES[key.name])
    return parts


def page(schema: Schema) -> str:
    """The text of docs/configuration.md.

    Raises
    ------
    ValueError
        A key has no description or no example.
    """
    needed = schema["required"]
    top = [Key(name, resolved(inner, schema), name in needed) for name, inner in schema["properties"].items()]
    contents = " · ".join(f"[{key.name}](#{key.name})" for key in top)
    return "\n\n".join([HEAD.strip(), contents, *(part for key in top for part in section(key, schema))]) + "\n"


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    PAGE.write_text(page(whole_schema(SCHEMA)), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
