"""The configuration: defaults, validation, and what follows from several sections together."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from .concepts import BUILT_IN
from .errors import LinexpError

RESERVED_TARGETS = ("probes", "calibration", "tables", "models")
RESERVED_TRAINED = ("targets", "image_text")
Config = dict[str, Any]


def checked(config: Mapping[str, Any], schema_path: str | Path) -> Config:
    """Validate a configuration and fill in its defaults.

    Raises:
        LinexpError: the first thing that is wrong, as key, value and remedy in one line.
    """
    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    _check_against_schema(dict(config), schema)
    filled = _with_defaults(dict(config), schema, schema)
    _check_references(filled)
    return filled


def _check_against_schema(config: Config, schema: Mapping[str, Any]) -> None:
    errors = list(Draft202012Validator(schema).iter_errors(config))
    if errors:
        # the deepest error is the most exact: a bad key below an entry, not "the entry fits no kind"
        worst = max(errors, key=lambda error: len(error.absolute_path))
        raise LinexpError(_in_one_line(worst))


def _in_one_line(error) -> str:
    place = ".".join(map(str, error.absolute_path)) or "the configuration"
    value = repr(error.instance)
    value = value if len(value) < 60 else value[:57] + "..."
    match error.validator:
        case "additionalProperties":
            known = list(error.schema.get("properties", {}))
            unknown = next(key for key in error.instance if key not in known)
            return f"{place}: unknown key {unknown!r}; {_suggest(unknown, known)}"
        case "required":
            lacking = next(key for key in error.validator_value if key not in error.instance)
            return f"{place}: key {lacking!r} is missing; add it"
        case "enum":
            return f"{place}: {value} is not possible; {_suggest(error.instance, error.validator_value)}"
        case "type":
            return f"{place}: {value} has the wrong type; give a value of type {error.validator_value}"
        case "pattern" if "name" in str(error.schema_path) or error.parent is None:
            return f"{place}: {value} does not have the right form; it has to match {error.validator_value}"
        case "oneOf":
            ways = " or ".join("+".join(way["required"]) for way in error.validator_value)
            return f"{place}: {value} is not complete or has too much; give {ways}"
        case _:
            return f"{place}: {value} is not valid ({error.message[:80]}); see config.yaml for an example"


def _suggest(word: Any, known: Iterable[Any]) -> str:
    known = [str(name) for name in known]
    close = difflib.get_close_matches(str(word), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of {', '.join(known)}" if known else "there is none yet, add one"


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
        if Draft202012Validator(rule["if"]).is_valid(value):
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
        raise LinexpError(f"{place}: {what} {name!r} does not exist; {_suggest(name, known)}")


def _check_references(config: Config) -> None:
    """Whether every name that an entry uses exists, and whether what it asks for is possible."""
    total = sum(config["split"].values())
    if abs(total - 1) > 1e-9:
        raise LinexpError(f"split: the shares add up to {total:g}; they have to add up to 1")
    for name, trained in config["trained_models"].items():
        place = f"trained_models.{name}"
        if name in RESERVED_TRAINED:
            raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
        _check_name(trained["images"], config["training_sets"], f"{place}.images", "training set")
    for name in config["concept_sets"]:
        if name in BUILT_IN or name == "label":
            raise LinexpError(f"concept_sets.{name}: the name {name!r} is reserved; take another")
        members(config, name)
    for name, model in config["image_text_models"].items():
        place = f"image_text_models.{name}"
        if "probe" in model["calibration"]:
            _check_name(
                model["calibration"]["probe"], config["probes"], f"{place}.calibration.probe", "probe"
            )
        _check_trained(config, model.get("trained"), "image_text", f"{place}.trained")
    for name, target in config["targets"].items():
        _check_target(config, name, target)
    for number, layer in enumerate(config["run"]):
        target, _, layer = layer.partition("/")
        _check_name(target, config["targets"], f"run.{number}", "target")
        _check_name(layer, config["targets"][target]["layers"], f"run.{number}", "layer")


def _check_trained(config: Config, name: str | None, kind: str, place: str) -> None:
    if name is not None:
        fitting = [other for other, model in config["trained_models"].items() if model["kind"] == kind]
        _check_name(name, fitting, place, f"trained model of kind {kind}")


def _check_target(config: Config, name: str, target: Mapping[str, Any]) -> None:
    place = f"targets.{name}"
    if name in RESERVED_TARGETS:
        raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
    _check_model(config, target["model"], f"{place}.model")
    _check_name(target["probe"], config["probes"], f"{place}.probe", "probe")
    models = config["image_text_models"]
    simulators = [target["simulator"], *target["more_simulators"]]
    _check_name(target["explainer"], models, f"{place}.explainer", "image-text model")
    for simulator in simulators:
        _check_name(simulator, models, f"{place}.simulator", "image-text model")
    for method_name in target["methods"]:
        _check_name(method_name, config["methods"], f"{place}.methods", "method")
        method = config["methods"][method_name]
        members(config, method.get("concepts", target["concepts"]))
        explainer = method.get("explainer", target["explainer"])
        _check_name(explainer, models, f"methods.{method_name}.explainer", "image-text model")
        uses_explainer = method.get("presence") != "label"
        if uses_explainer and explainer in simulators and not target["allow_same_simulator"]:
            raise LinexpError(
                f"{place}.simulator: {explainer!r} is also the explainer of method {method_name!r}; "
                "name a different model, or set allow_same_simulator: true"
            )
        probe = config["probes"][target["probe"]]
        if method.get("presence") == "label" and probe["kind"] == "parquet" and "label" not in probe:
            raise LinexpError(
                f"{place}.methods: {method_name!r} needs labels, which probe {target['probe']!r} does not have; "
                "give its label column or take the method out"
            )


def _check_model(config: Config, model: Mapping[str, Any], place: str) -> None:
    if model["source"] == "trained":
        _check_trained(config, model["name"], "classifier", f"{place}.name")
    elif "preprocess" not in model and not published_weights(model):
        raise LinexpError(
            f"{place}: weights {model['weights']!r} do not say how to preprocess images; give preprocess"
        )


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
        raise LinexpError(
            f"concept_sets.{concept_set}: the union contains itself; take it out of {seen[-1]!r}"
        )
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
