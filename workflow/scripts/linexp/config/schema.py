"""The configuration against its JSON schema: defaults, and mistakes told in one line."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator, validators

from ..errors import NOT_ONE_LINE, LinexpError, shortened, suggest

# in JSON schema 2.0 is an integer; numpy and torch want an int
_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)
_TYPES = {
    "object": "a mapping (`key: value`)",
    "array": "a list",
    "string": "text, in quotes if need be",
    "integer": "an integer",
    "number": "a number such as 0.05 or 1.0e-5",
    "boolean": "true or false",
}


def check_against_schema(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise a `LinexpError` with the most telling of the schema's errors, if there are any."""
    errors = list(_Validator(schema).iter_errors(config))
    if errors:
        # a bad name first, then the deepest error: a bad key below an entry, not "the entry fits no kind"
        worst = max(errors, key=lambda error: (_is_of_a_name(error), len(error.absolute_path)))
        raise LinexpError(" ".join(_in_one_line(worst).split()))


def _is_of_a_name(error) -> bool:
    return "propertyNames" in error.absolute_schema_path


def check_values(value: Any, place: str = "") -> None:
    """Raise a `LinexpError` for what the schema cannot refuse, as it allows any arguments and compares numbers alone.

    That is nan, infinity, integers that a double does not hold, text of several lines, and what JSON does not have:
    dates, keys that are no text.
    """
    match value:
        case bool() | None:
            return
        case float() if not math.isfinite(value):
            raise LinexpError(f"{place}: {value} is not a number to work with; give a finite one")
        case int() if abs(value) > 2**53:
            raise LinexpError(f"{place}: {shortened(repr(value), 40)} is too large to work with; give a smaller one")
        case str() if NOT_ONE_LINE.search(value):
            shown = shortened(repr(value), 40)
            raise LinexpError(f"{place}: {shown} has a control character or a line break; take it out")
        case int() | float() | str():
            return
        case list():
            parts: Iterable[tuple[Any, Any]] = enumerate(value)
        case Mapping():
            parts = value.items()
        case _:
            shown = shortened(str(value), 40)
            raise LinexpError(f"{place}: {shown} is neither text, a number, a list nor a mapping; put it in quotes")
    for key, part in parts:
        if isinstance(value, Mapping) and not isinstance(key, str):
            raise LinexpError(f"{place}: the name {shortened(repr(key), 40)} is not text; {_QUOTE}")
        check_values(part, f"{place}.{_part(key)}" if place else _part(key))


def _part(key: Any) -> str:
    """A key as a part of a place."""
    return shortened(str(key) or "''", 40)


def _in_one_line(error) -> str:
    path = list(map(_part, error.absolute_path))
    place = ".".join(path) or "the configuration"
    value = shortened(repr(error.instance), 40)
    described = error.schema.get("description", "see config.yaml for an example")
    match error.validator:
        case "additionalProperties":
            known = list(error.schema.get("properties", {}))
            unknown = next(key for key in error.instance if key not in known)
            remedy = suggest(unknown, known) if isinstance(unknown, str) else _QUOTE
            return f"{'.'.join([*path, _part(unknown)])}: unknown key {shortened(repr(unknown), 40)}; {remedy}"
        case "required":
            lacking = next(key for key in error.validator_value if key not in error.instance)
            about = error.schema.get("properties", {}).get(lacking, {})
            choices = f", as one of {', '.join(about['enum'])}" if "enum" in about else ""
            said = f" ({about['description'].rstrip('.')})" if "description" in about and not choices else ""
            return f"{place}: key {lacking!r} is missing; add it{choices}{said}"
        case "enum":
            return f"{place}: {value} is not possible; {suggest(error.instance, error.validator_value)}"
        case "type" if _is_of_a_name(error):
            return f"{place}: the name {value} is not text; {_QUOTE}"
        case "pattern" if _is_of_a_name(error):
            return f"{place}: {value} cannot be a name; take {described}"
        case "type" if error.instance is None:
            return f"{place}: there is no value; give {_TYPES[error.validator_value]}, or take the key out"
        case "type":
            return f"{place}: {value} has the wrong type; give {_TYPES[error.validator_value]}"
        case "pattern" | "anyOf":
            return f"{place}: {value} does not have the right form; give {shortened(described, 100)}"
        case "oneOf":
            ways = ", or ".join(" and ".join(way["required"]) for way in error.validator_value)
            return f"{place}: {value} is not complete or has too much; give either {ways}"
        case "uniqueItems":
            twice = next(item for number, item in enumerate(error.instance) if item in error.instance[:number])
            return f"{place}: {shortened(repr(twice), 40)} is there twice; take one out"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            return f"{place}: {value} is out of range; give {_range(error.schema)}"
        case "minItems" | "maxItems" if error.schema.get("minItems") == error.schema.get("maxItems"):
            return f"{place}: {value} has {len(error.instance)} values; give {error.schema['minItems']}"
        case "maxProperties":
            return f"{place}: {value} has too much; give one of {' or '.join(error.schema['properties'])}"
        case "minItems" | "minProperties":
            known = error.schema.get("properties", {})
            return f"{place}: it is empty; give {' or '.join(known) or 'at least one'}"
        case _:
            return f"{place}: {value} is not valid ({error.message[:80]}); see config.yaml for an example"


_QUOTE = "put it in quotes (YAML takes on, off, yes, no for true and false)"


def _range(schema: Mapping[str, Any]) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "below"}
    return " and ".join(f"{word} {schema[key]}" for key, word in words.items() if key in schema)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**_resolved(target, root), **{key: value for key, value in schema.items() if key != "$ref"}}


def with_defaults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """A copy of `value` in which every key that the schema knows a default for is present, keys in sorted order."""
    schema = _resolved(schema, root)
    if not isinstance(value, Mapping):
        return value
    parts = [schema]
    for rule in schema.get("allOf", ()):
        if _Validator(rule["if"]).is_valid(value):
            parts.append(_resolved(rule["then"], root))
    filled = dict(value)
    for part in parts:
        for key, inner in part.get("properties", {}).items():
            inner = _resolved(inner, root)
            if key not in filled and "default" in inner:
                filled[key] = inner["default"]
            if key in filled:
                filled[key] = with_defaults(filled[key], inner, root)
        others = part.get("additionalProperties")
        if isinstance(others, Mapping):
            named = part.get("properties", {})
            filled |= {k: with_defaults(v, others, root) for k, v in filled.items() if k not in named}
    return dict(sorted(filled.items()))
