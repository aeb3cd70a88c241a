"""The configuration: defaults, validation, and what follows from several sections together."""

import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators

from .concepts import BUILT_IN
from .errors import LinexpError

RESERVED_TARGETS = ("probes", "calibration", "tables", "models", "logs")
RESERVED_TRAINED = ("targets", "image_text")
Config = dict[str, Any]


def checked(config: Mapping[str, Any], schema_path: str | Path) -> Config:
    """Validate a configuration and fill in its defaults.

    Raises:
        LinexpError: the first thing that is wrong, as key, value and remedy in one line.
    """
    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    _check_against_schema(dict(config), schema)
    _check_numbers(config)
    filled = _with_defaults(dict(config), schema, schema)
    _check_references(filled)
    return filled


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


def _check_against_schema(config: Config, schema: Mapping[str, Any]) -> None:
    errors = list(_Validator(schema).iter_errors(config))
    if errors:
        # a bad name first, then the deepest error: a bad key below an entry, not "the entry fits no kind"
        worst = max(errors, key=lambda error: (_is_of_a_name(error), len(error.absolute_path)))
        raise LinexpError(" ".join(_in_one_line(worst).split()))


def _is_of_a_name(error) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _check_numbers(value: Any, place: str = "") -> None:
    """Every comparison lets nan pass, so the schema cannot refuse it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise LinexpError(f"{place}: {value} is not a number to work with; give a finite one")
    if isinstance(value, Mapping | list):
        parts = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in parts:
            _check_numbers(part, f"{place}.{key}" if place else str(key))


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _in_one_line(error) -> str:
    path = list(map(str, error.absolute_path))
    place = ".".join(path) or "the configuration"
    value = _shortened(repr(error.instance), 40)
    described = error.schema.get("description", "see config.yaml for an example")
    match error.validator:
        case "additionalProperties":
            known = list(error.schema.get("properties", {}))
            unknown = next(key for key in error.instance if key not in known)
            remedy = _suggest(unknown, known) if isinstance(unknown, str) else _QUOTE
            return f"{'.'.join([*path, str(unknown)])}: unknown key {_shortened(repr(unknown), 40)}; {remedy}"
        case "required":
            lacking = next(key for key in error.validator_value if key not in error.instance)
            known = error.schema.get("properties", {}).get(lacking, {}).get("enum")
            return f"{place}: key {lacking!r} is missing; add it{', as one of ' + ', '.join(known) if known else ''}"
        case "enum":
            return f"{place}: {value} is not possible; {_suggest(error.instance, error.validator_value)}"
        case "type" if _is_of_a_name(error):
            return f"{place}: the name {value} is not text; {_QUOTE}"
        case "pattern" if _is_of_a_name(error):
            return f"{place}: {value} cannot be a name; take {described}"
        case "type" if error.instance is None:
            return f"{place}: there is no value; give {_TYPES[error.validator_value]}, or take the key out"
        case "type":
            return f"{place}: {value} has the wrong type; give {_TYPES[error.validator_value]}"
        case "pattern" | "anyOf":
            return f"{place}: {value} does not have the right form; give {_shortened(described, 100)}"
        case "oneOf":
            ways = ", or ".join(" and ".join(way["required"]) for way in error.validator_value)
            return f"{place}: {value} is not complete or has too much; give either {ways}"
        case "uniqueItems":
            twice = next(item for number, item in enumerate(error.instance) if item in error.instance[:number])
            return f"{place}: {twice!r} is there twice; take one out"
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


def _suggest(word: Any, known: Iterable[Any]) -> str:
    known = [str(name) for name in known]
    close = difflib.get_close_matches(str(word), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of {_shortened(', '.join(known), 100)}" if known else "there is none yet, add one"


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**_resolved(target, root), **{key: value for key, value in schema.items() if key != "$ref"}}


def _with_defaults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
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
                filled[key] = _with_defaults(filled[key], inner, root)
        others = part.get("additionalProperties")
        if isinstance(others, Mapping):
            named = part.get("properties", {})
            filled |= {k: _with_defaults(v, others, root) for k, v in filled.items() if k not in named}
    return dict(sorted(filled.items()))


def _check_name(name: str, known: Iterable[str], place: str, what: str) -> None:
    known = list(known)
    if name not in known:
        raise LinexpError(f"{place}: {what} {_shortened(repr(name), 40)} does not exist; {_suggest(name, known)}")


def _check_references(config: Config) -> None:
    """Whether every name that an entry uses exists, and whether what it asks for is possible."""
    total = sum(config["split"].values())
    if abs(total - 1) > 1e-9:
        raise LinexpError(f"split: the shares add up to {total:g}; they have to add up to 1")
    for section in ("probes", "training_sets"):
        for name, images in config[section].items():
            _check_classes(images, f"{section}.{name}")
    for name, trained in config["trained_models"].items():
        place = f"trained_models.{name}"
        if name in RESERVED_TRAINED:
            raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
        _check_name(trained["images"], config["training_sets"], f"{place}.images", "training set")
        _check_labelled(config, "training_sets", trained["images"], f"{place}.images", trained["kind"] == "classifier")
    for name in config["concept_sets"]:
        if name in BUILT_IN or name == "label":
            raise LinexpError(f"concept_sets.{name}: the name {name!r} is reserved; take another")
        members(config, name)
    for name, model in config["image_text_models"].items():
        _check_image_text_model(config, model, f"image_text_models.{name}")
    for name, method in config["methods"].items():
        _check_method(config, method, f"methods.{name}")
    for name, target in config["targets"].items():
        _check_target(config, name, target)
    for number, layer in enumerate(config["run"]):
        target, _, layer = layer.partition("/")
        _check_name(target, config["targets"], f"run.{number}", "target")
        _check_name(layer, config["targets"][target]["layers"], f"run.{number}", "layer")


def _check_classes(images: Mapping[str, Any], place: str) -> None:
    """Class names need a label column, and superclasses are made of class names."""
    for key in ("class_names", "superclasses"):
        if images["kind"] == "parquet" and key in images and "label" not in images:
            raise LinexpError(f"{place}.{key}: there is no label column to name; give label, or take {key} out")
    names, groups = images.get("class_names"), images.get("superclasses")
    if isinstance(names, list) and isinstance(groups, Mapping):
        for group, parts in groups.items():
            for part in parts:
                _check_name(part, names, f"{place}.superclasses.{group}", "class")


def _check_labelled(config: Config, section: str, name: str, place: str, classes: bool = False) -> None:
    """Whether a set of images can have labels at all; with `classes` concepts alone are not enough."""
    images = config[section][name]
    if images["kind"] == "parquet" and "label" not in images and (classes or "concepts" not in images):
        raise LinexpError(f"{place}: {name!r} has no labels; give its label column in {section}.{name}, or use another")


def _check_trained(config: Config, name: str | None, kind: str, place: str) -> None:
    if name is not None:
        fitting = [other for other, model in config["trained_models"].items() if model["kind"] == kind]
        _check_name(name, fitting, place, f"trained model of kind {kind}")


def _check_image_text_model(config: Config, model: Mapping[str, Any], place: str) -> None:
    if "probe" in model["calibration"]:
        probe = model["calibration"]["probe"]
        _check_name(probe, config["probes"], f"{place}.calibration.probe", "probe")
        _check_labelled(config, "probes", probe, f"{place}.calibration.probe")
    _check_trained(config, model.get("trained"), "image_text", f"{place}.trained")
    if model.get("model", "").endswith(".json") and not is_file(model["pretrained"]):
        tag = model["pretrained"]
        raise LinexpError(f"{place}.pretrained: {tag!r} is no file of weights, which a JSON model needs; {_A_FILE}")


def _check_method(config: Config, method: Mapping[str, Any], place: str) -> None:
    for key in ("explainer", "concepts"):
        if method.get("presence") == "label" and key in method:
            raise LinexpError(f"{place}.{key}: presence: label works on the labels alone; take {key} out")
    if "explainer" in method:
        _check_name(method["explainer"], config["image_text_models"], f"{place}.explainer", "image-text model")
    if "concepts" in method:
        _check_concept_set(config, method["concepts"], f"{place}.concepts")


def _check_concept_set(config: Config, name: str, place: str) -> None:
    _check_name(name, [*BUILT_IN, *config["concept_sets"]], place, "concept set")


def _check_target(config: Config, name: str, target: Mapping[str, Any]) -> None:
    place = f"targets.{name}"
    if name in RESERVED_TARGETS:
        raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
    _check_model(config, target["model"], f"{place}.model")
    _check_name(target["probe"], config["probes"], f"{place}.probe", "probe")
    _check_concept_set(config, target["concepts"], f"{place}.concepts")
    models = config["image_text_models"]
    simulators = {f"{place}.simulator": target["simulator"]}
    simulators |= {f"{place}.more_simulators.{number}": name for number, name in enumerate(target["more_simulators"])}
    _check_name(target["explainer"], models, f"{place}.explainer", "image-text model")
    for where, simulator in simulators.items():
        _check_name(simulator, models, where, "image-text model")
    if target["simulator"] in target["more_simulators"]:
        raise LinexpError(f"{place}.more_simulators: {target['simulator']!r} is the simulator already; take it out")
    if parse_neurons(target.get("neurons")) == []:
        raise LinexpError(f"{place}.neurons: {target['neurons']!r} is empty; the end comes after the last neuron")
    for number, method_name in enumerate(target["methods"]):
        _check_name(method_name, config["methods"], f"{place}.methods.{number}", "method")
        method = config["methods"][method_name]
        if method.get("presence") == "label":
            _check_labelled(config, "probes", target["probe"], f"{place}.methods.{number} ({method_name})")
            continue
        explainer = method.get("explainer", target["explainer"])
        for where, simulator in simulators.items():
            if simulator == explainer and not target["allow_same_simulator"]:
                raise LinexpError(
                    f"{where}: {explainer!r} is also the explainer of method {method_name!r}; "
                    "name a different model, or set allow_same_simulator: true"
                )


_A_FILE = "give a path that ends in .safetensors, .pth, .pt, .bin, .tar or .ckpt"


def _check_model(config: Config, model: Mapping[str, Any], place: str) -> None:
    source = model["source"]
    if source == "trained":
        _check_trained(config, model["name"], "classifier", f"{place}.name")
        return
    key = "checkpoint" if source == "factory" else "weights"
    weights = model[key]
    if published_weights(model) and source == "factory":
        raise LinexpError(f"{place}.{key}: {weights!r} is neither none nor a file of weights; {_A_FILE}")
    if published_weights(model) and source in ("timm", "hub") and weights != "pretrained":
        raise LinexpError(f"{place}.{key}: {weights!r} is unknown to {source}; give pretrained, none or a file")
    if "preprocess" not in model and not published_weights(model):
        raise LinexpError(f"{place}: weights {weights!r} do not say how to preprocess images; give preprocess")
    given = model.get("preprocess", {})
    if given.get("crop", 0) > given.get("resize", math.inf):
        sizes = f"crop {given['crop']} is larger than resize {given['resize']}"
        raise LinexpError(f"{place}.preprocess: {sizes}, so a black border would be added; make resize larger")


def published_weights(model: Mapping[str, Any]) -> bool:
    """Whether a model's weights are published under a name, rather than in a file or random."""
    weights = model.get("weights", model.get("checkpoint", "none"))
    return weights != "none" and not is_file(weights)


def is_file(weights: str) -> bool:
    """Whether weights are given as the path of a file, rather than by name."""
    return Path(weights).suffix in (".safetensors", ".pt", ".pth", ".bin", ".tar", ".ckpt")


def members(config: Config, concept_set: str, seen: tuple[str, ...] = ()) -> list[str]:
    """The built-in sets and files that a concept set consists of, as names in order.

    Raises:
        LinexpError: a name does not exist, or a union contains itself.
    """
    place = f"concept_sets.{seen[-1]}" if seen else "concepts"
    _check_name(concept_set, [*BUILT_IN, *config["concept_sets"]], place, "concept set")
    if concept_set in seen:
        raise LinexpError(f"concept_sets.{concept_set}: the union contains itself; take it out of {seen[-1]!r}")
    entry = config["concept_sets"].get(concept_set, {})
    if "union" not in entry:
        return [concept_set]
    return [name for part in entry["union"] for name in members(config, part, (*seen, concept_set))]


def parse_neurons(setting: list[int] | str | None) -> list[int] | None:
    """The neurons that a target names, ascending: a list, a range such as "0:256", or None for all."""
    if isinstance(setting, str):
        begin, end = map(int, setting.split(":"))
        return list(range(begin, end))
    return sorted(set(setting)) if setting else None
