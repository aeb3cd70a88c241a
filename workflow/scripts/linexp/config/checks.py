"""The configuration: defaults, validation, and what follows from several sections together."""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..baselines import BASELINES, check_settings
from ..concepts import open_clip_names
from ..concepts.sets import BUILT_IN, PIXEL_LABELS, RANDOM_CONCEPTS
from ..errors import LinexpError, shortened, suggest
from ..importers import FORMATS
from ..networks.sources import SOURCES
from ..networks.sources.source import is_weights_file
from ..networks.units import UNITS, trained_sae
from ..probes import pixel_labels
from ..probes.kinds import KINDS
from ..probes.sources import possible_labels
from .derived_sets import with_unions
from .derived_targets import UNTRAINED_SUFFIX, first_linear, with_controls, with_likes, without_classes
from .layers import check_layers
from .schema import check_against_schema, check_values, with_defaults

RESERVED_TARGETS = ("probes", "calibration", "tables", "models", "logs")
RESERVED_TRAINED = ("targets", "image_text")
OF_LABELS = ("label", "area")
"""Where P comes from without an image-text model."""
NAMED = ("probes", "training_sets", "trained_models", "image_text_models", "concept_sets", "methods", "targets")
"""Sections whose names become parts of paths."""
Config = dict[str, Any]


def checked(config: Mapping[str, Any], schema_path: str | Path) -> Config:
    """Validate a configuration and fill in its defaults.

    Raises
    ------
    LinexpError
        The first thing that is wrong, as key, value and remedy in one line.
    """
    schema = whole_schema(schema_path)
    config = with_likes(config)
    check_against_schema(config, schema)
    check_values(config)
    filled = with_defaults(without_classes(config), schema, schema)
    _check_references(filled)
    return with_controls(with_unions(filled))


@cache
def whole_schema(path: str | Path) -> dict[str, Any]:
    """The schema in a file, with all kinds of images, sources of networks, baselines and published explanations."""
    schema = _read(Path(path).read_text(encoding="utf-8"))
    parts = schema["$defs"]
    for name, kind in KINDS.items():
        _add_choice(parts["images"], "kind", name, kind.keys)
        parts["images"]["allOf"][-1]["then"]["properties"]["image_blocks"] = parts["image_blocks"]
    for name, source in SOURCES.items():
        _add_choice(parts["model"], "source", name, source.keys)
    for name, units in UNITS.items():
        _add_alternative(parts["units"], name, units.keys)
    methods = parts["method"]["properties"]["kind"]["enum"]
    methods += [kind for kind in BASELINES if kind not in methods]
    parts["published_format"]["enum"] += FORMATS
    return schema


def _read(text: str) -> Any:
    """What a YAML text says, by libyaml where PyYAML was built with it, which is ten times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_single_data()


def _add_choice(part: dict[str, Any], key: str, name: str, keys: str) -> None:
    """Make an entry with `key: name` possible, with the keys of that choice and no others."""
    own = _read(keys)
    own["properties"] = {key: {"const": name}, **own["properties"]}
    part["properties"][key]["enum"].append(name)
    rule = {"if": {"properties": {key: {"const": name}}}, "then": {"additionalProperties": False, **own}}
    part["allOf"].append(rule)


def _add_alternative(part: dict[str, Any], key: str, keys: str) -> None:
    """Make an entry with a key possible, with the keys that go with it and no others."""
    own = _read(keys)
    part["oneOf"].append({"required": [key]})
    part["allOf"].append({"if": {"properties": {}, "required": [key]}, "then": {"additionalProperties": False, **own}})


def targets_of_run(config: Config) -> list[str]:
    """The targets of the layers under `run`, each once."""
    return list(dict.fromkeys(layer.partition("/")[0] for layer in config["run"]))


def _check_name(name: str, known: Iterable[str], place: str, what: str) -> None:
    known = list(known)
    if name not in known:
        raise LinexpError(f"{place}: {what} {shortened(repr(name), 40)} does not exist; {suggest(name, known)}")


def _check_cases(names: Iterable[str], place: str) -> None:
    """Whether no two names are one file where a file system does not tell capitals apart."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            both = f"{shortened(repr(other), 40)} and {shortened(repr(name), 40)}"
            reason = "differ by capitals alone, which file systems of macOS and Windows do not tell apart"
            raise LinexpError(f"{place}: {both} {reason}; rename one")


def _is_one_of(name: str, reserved: Iterable[str]) -> bool:
    """Whether a name is reserved, whatever its capitals."""
    return name.lower() in map(str.lower, reserved)


def _check_references(config: Config) -> None:
    """Whether every name that an entry uses exists, and whether what it asks for is possible."""
    total = sum(config["split"].values())
    if abs(total - 1) > 1e-9:
        raise LinexpError(f"split: the shares add up to {total:g}; they have to add up to 1")
    for section in NAMED:
        _check_cases(config[section], section)
    for section in ("probes", "training_sets"):
        for name, images in config[section].items():
            _check_classes(images, f"{section}.{name}")
            if section != "probes" and "image_blocks" in images:
                raise LinexpError(f"{section}.{name}.image_blocks: only images of probes are cut; take it out")
    for name, trained in config["trained_models"].items():
        place = f"trained_models.{name}"
        if _is_one_of(name, RESERVED_TRAINED):
            raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
        _check_name(trained["images"], config["training_sets"], f"{place}.images", "training set")
        if trained["kind"] == "sae":
            _check_sae(config, trained, place)
            continue
        _check_labelled(config, "training_sets", trained["images"], f"{place}.images", trained["kind"] == "classifier")
    for name in config["concept_sets"]:
        if _is_one_of(name, [*BUILT_IN, "label", "area"]):
            raise LinexpError(f"concept_sets.{name}: the name {name!r} is reserved; take another")
        members(config, name)
    for name, model in config["image_text_models"].items():
        if _is_one_of(name, [PIXEL_LABELS, "areas"]):
            raise LinexpError(f"image_text_models.{name}: the name {name!r} is reserved; take another")
        _check_image_text_model(config, model, f"image_text_models.{name}")
    for name, method in config["methods"].items():
        if _is_one_of(name, [RANDOM_CONCEPTS]):
            raise LinexpError(f"methods.{name}: the name {name!r} is reserved; take another")
        _check_method(config, method, f"methods.{name}")
        _check_lengths(config, name)
    for name, target in config["targets"].items():
        _check_target(config, name, target)
    for number, layer in enumerate(config["run"]):
        target, _, layer = layer.partition("/")
        _check_name(target, config["targets"], f"run.{number}", "target")
        _check_name(layer, config["targets"][target]["layers"], f"run.{number}", "layer")


def _check_sae(config: Config, trained: Mapping[str, Any], place: str) -> None:
    """Whether there is a layer whose neurons a sparse autoencoder can be trained on."""
    _check_name(trained["target"], config["targets"], f"{place}.target", "target")
    target = config["targets"][trained["target"]]
    _check_name(trained["layer"], target["layers"], f"{place}.layer", "layer")
    if not SOURCES[target["model"]["source"]].has_network:
        reason = f"{trained['target']!r} is recorded activations, which cannot be made of other images"
        raise LinexpError(f"{place}.target: {reason}; name another")
    if "units" in target["layers"][trained["layer"]]:
        raise LinexpError(f"{place}.layer: {trained['layer']!r} has units of its own; name a layer of neurons")
    if trained["k"] > trained["features"]:
        raise LinexpError(f"{place}.k: {trained['k']} of {trained['features']} features cannot be active; lower it")


def _check_classes(images: Mapping[str, Any], place: str) -> None:
    """What is wrong with the names of classes and superclasses."""
    found = KINDS[images["kind"]].problem(images)
    if found:
        raise LinexpError(f"{place}.{found[0]}: {found[1]}")
    names, groups = images.get("class_names"), images.get("superclasses")
    if groups == "wordnet" and names != "imagenet1k":
        raise LinexpError(f"{place}.superclasses: wordnet knows the classes of imagenet1k; set class_names: imagenet1k")
    if isinstance(names, list) and isinstance(groups, Mapping):
        for group, parts in groups.items():
            for part in parts:
                _check_name(part, names, f"{place}.superclasses.{group}", "class")


def _check_labelled(config: Config, section: str, name: str, place: str, classes: bool = False) -> None:
    """Whether a set of images can have labels at all; with `classes` concepts alone are not enough."""
    images = config[section][name]
    possible = possible_labels(images)
    if "classes" not in possible and (classes or not possible):
        remedy = KINDS[images["kind"]].label_remedy.format(place=f"{section}.{name}")
        raise LinexpError(f"{place}: {name!r} has no labels; {remedy} another")


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
    if "model" in model and not model["model"].endswith(".json"):
        open_clip_names.check_name(model["model"], f"{place}.model")
    elif "model" in model and not is_weights_file(model["pretrained"]):
        tag = model["pretrained"]
        raise LinexpError(f"{place}.pretrained: {tag!r} is no file of weights, which a JSON model needs; {_A_FILE}")


def _check_method(config: Config, method: Mapping[str, Any], place: str) -> None:
    for key in ("explainer", "concepts"):
        if method.get("presence") in OF_LABELS and key in method:
            presence = method["presence"]
            raise LinexpError(f"{place}.{key}: presence: {presence} works on the labels alone; take {key} out")
    if "label_weight" in method and method.get("presence", "both") != "both":
        raise LinexpError(f"{place}.label_weight: there is nothing to weigh; set presence: both, or take it out")
    if "explainer" in method:
        _check_explainers(config, method, place)
    if "concepts" in method:
        _check_concept_set(config, method["concepts"], f"{place}.concepts")
    if method["kind"] in BASELINES:
        check_settings(method["kind"], baseline_settings(method), place)


def _check_lengths(config: Config, name: str) -> None:
    """Whether the lengths that a search takes over lead to some method in the end."""
    place, seen = f"methods.{name}.search", [name]
    while like := _like(config["methods"][seen[-1]]):
        if "length" in config["methods"][seen[-1]]["search"]:
            raise LinexpError(f"{place}: length and like exclude each other; take one out")
        _check_name(like, config["methods"], f"methods.{seen[-1]}.search.like", "method")
        if like in seen:
            raise LinexpError(f"{place}.like: {like!r} takes its lengths from {name!r} itself; name another method")
        seen.append(like)


def _like(method: Mapping[str, Any]) -> str | None:
    """The method whose lengths a search takes over."""
    return method.get("search", {}).get("like")


def explainers_of(entry: Mapping[str, Any]) -> list[str]:
    """The explainers that a method or a target names, one or several."""
    named = entry["explainer"]
    return named if isinstance(named, list) else [named]


def _check_explainers(config: Config, entry: Mapping[str, Any], place: str) -> None:
    for name in explainers_of(entry):
        _check_name(name, config["image_text_models"], f"{place}.explainer", "image-text model")


def baseline_settings(method: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a baseline: all keys but those that say what it works on."""
    return {key: value for key, value in method.items() if key not in ("kind", "explainer", "concepts")}


def _check_concept_set(config: Config, name: str, place: str) -> None:
    _check_name(name, [*BUILT_IN, *config["concept_sets"]], place, "concept set")


def _check_target(config: Config, name: str, target: Mapping[str, Any]) -> None:
    place = f"targets.{name}"
    if _is_one_of(name, RESERVED_TARGETS):
        raise LinexpError(f"{place}: the name {name!r} is reserved; take another")
    for other in config["targets"] if "untrained" in target["controls"] else []:
        if _is_one_of(other, [name + UNTRAINED_SUFFIX]):
            raise LinexpError(f"targets.{other}: the name is taken by the untrained control of {name!r}; take another")
    _check_model(config, target["model"], f"{place}.model")
    _check_cases(target["layers"], f"{place}.layers")
    check_layers(target, place)
    for layer_name, layer in target["layers"].items():
        _check_trained(config, trained_sae(layer.get("units")), "sae", f"{place}.layers.{layer_name}.units.trained")
    _check_name(target["probe"], config["probes"], f"{place}.probe", "probe")
    for key in ("concepts", "wider_concepts"):
        if key in target:
            _check_concept_set(config, target[key], f"{place}.{key}")
    models = config["image_text_models"]
    simulators = {f"{place}.simulator": target["simulator"]}
    simulators |= {f"{place}.more_simulators.{number}": name for number, name in enumerate(target["more_simulators"])}
    _check_explainers(config, target, place)
    for where, simulator in simulators.items():
        if simulator == PIXEL_LABELS and where != f"{place}.simulator":
            _check_pixel_labels(config, target, where)
            continue
        _check_name(simulator, models, where, "image-text model")
    if target["simulator"] in target["more_simulators"]:
        raise LinexpError(f"{place}.more_simulators: {target['simulator']!r} is the simulator already; take it out")
    if parse_neurons(target.get("neurons")) == []:
        raise LinexpError(f"{place}.neurons: {target['neurons']!r} is empty; the end comes after the last neuron")
    for number, method_name in enumerate(target["methods"]):
        _check_name(method_name, config["methods"], f"{place}.methods.{number}", "method")
    for number, method_name in enumerate(target["methods"]):
        method = config["methods"][method_name]
        if _like(method) and _like(method) not in target["methods"]:
            missing = f"{method_name!r} takes its lengths from {_like(method)!r}, which the target does not list"
            raise LinexpError(f"{place}.methods.{number}: {missing}; add it")
        if method.get("presence") in ("label", "both"):
            _check_labelled(config, "probes", target["probe"], f"{place}.methods.{number} ({method_name})")
        if method.get("presence") == "area" and config["probes"][target["probe"]]["kind"] not in pixel_labels.KINDS:
            lacking = f"{target['probe']!r} has no pixel labels, which presence: area goes by"
            raise LinexpError(
                f"{place}.methods.{number} ({method_name}): {lacking}; take a probe of kind {pixel_labels.NAMED}"
            )
        if method.get("presence") in ("label", "both") and any(
            "places" in layer for layer in target["layers"].values()
        ):
            _check_labels_at_places(config, target, method, f"{place}.methods.{number} ({method_name})")
        sees_wider = method["kind"] == "linear" and "wider_concepts" in target
        if method.get("presence") in OF_LABELS and not sees_wider:
            continue
        explainers = explainers_of({"explainer": target["explainer"], **method})
        if len(explainers) > 1 and method["kind"] in BASELINES:
            several = f"{method_name!r} works with one image-text model, and the target's explainer names several"
            raise LinexpError(f"{place}.methods.{number}: {several}; give the method an explainer of its own")
        for where, simulator in simulators.items():
            if simulator in explainers and not target["allow_same_simulator"]:
                raise LinexpError(
                    f"{where}: {simulator!r} is also the explainer of method {method_name!r}; "
                    "name a different model, or set allow_same_simulator: true"
                )
        if method["kind"] == "network_dissection" and not SOURCES[target["model"]["source"]].has_network:
            needs = f"{method_name!r} runs the network, and the model is recorded activations"
            raise LinexpError(f"{place}.methods.{number}: {needs}; take it out")
    _check_effects(config, target, place)


def _check_labels_at_places(config: Config, target: Mapping[str, Any], method: Mapping[str, Any], where: str) -> None:
    """Whether labels say what is at places."""
    if method["presence"] == "both":
        raise LinexpError(f"{where}: presence: both is not made at places; take it out, or give label or pseudo")
    if config["probes"][target["probe"]]["kind"] not in pixel_labels.KINDS:
        lacking = f"{target['probe']!r} has no pixel labels, which labels at places are"
        raise LinexpError(f"{where}: {lacking}; take it out, or a probe of kind {pixel_labels.NAMED}")


def _check_pixel_labels(config: Config, target: Mapping[str, Any], where: str) -> None:
    """Whether there are places whose labels can be simulated by."""
    if not any("places" in layer for layer in target["layers"].values()):
        raise LinexpError(f"{where}: pixel_labels simulates layers at places, and none has `places`; take it out")
    if config["probes"][target["probe"]]["kind"] not in pixel_labels.KINDS:
        lacking = f"{target['probe']!r} has no pixel labels"
        raise LinexpError(f"{where}: {lacking}; take pixel_labels out, or a probe of kind {pixel_labels.NAMED}")


def _check_effects(config: Config, target: Mapping[str, Any], place: str) -> None:
    """Whether there can be labels to compare losses with, and a method for the controls to go by."""
    probe, class_map = config["probes"][target["probe"]], target.get("class_map")
    labelled = "classes" in possible_labels(probe)
    scored = any(layer["ablation"] for layer in target["layers"].values())
    if scored and target["ablation"]["loss"] == "cross_entropy" and not (labelled and class_map != "none"):
        raise LinexpError(f"{place}.ablation.loss: {NO_LABELS}")
    names = probe.get("class_names")
    if isinstance(class_map, Mapping) and isinstance(names, list):
        for name in class_map:
            _check_name(name, names, f"{place}.class_map", "class")
    followed = [control for control in target["controls"] if control != "shuffled"]
    if followed and first_linear(config, target) is None:
        raise LinexpError(f"{place}.controls: {followed[0]} goes by a linear method; add one, or take it out")


NO_LABELS = (
    "cross_entropy needs labels of classes that the model knows, and the probe has none; "
    "set loss: kl, or ablation: false in the layers, or `classes: none`"
)
NO_IMPACT = (
    "Top Impact needs labels of classes that the model knows, and the probe has none; "
    "give class_map or another probe, or do not ask for it"
)
NO_CLASSES = "Top Impact needs logits of classes, of which `classes: none` says that there are none; do not ask for it"
NO_NETWORK = "effects on the output need a network, and the model is recorded activations; do not ask for them"
_A_FILE = "give a path that ends in .safetensors, .pth, .pt, .bin, .tar or .ckpt"


def _check_model(config: Config, model: Mapping[str, Any], place: str) -> None:
    source = SOURCES[model["source"]]
    if source.is_trained_here:
        _check_trained(config, model[source.name_key], "classifier", f"{place}.{source.name_key}")
        return
    if not source.has_network:
        source.check(model, place)
        return
    key, published = source.weights_key, published_weights(model)
    weights = model[key]
    shown = shortened(repr(weights), 40)
    if published and source.tags is not None and weights not in source.tags:
        if not source.tags:
            raise LinexpError(f"{place}.{key}: {shown} is neither none nor a file of weights; {_A_FILE}")
        remedy = f"give {', '.join(source.tags)}, none or a file"
        raise LinexpError(f"{place}.{key}: {shown} is unknown to {model['source']}; {remedy}")
    if "preprocess" not in model and not (published or source.preprocesses_by_name):
        raise LinexpError(f"{place}: weights {shown} do not say how to preprocess images; give preprocess")
    source.check(model, place)
    given = model.get("preprocess", {})
    if given.get("crop", 0) > given.get("resize", math.inf):
        sizes = f"crop {given['crop']} is larger than resize {given['resize']}"
        raise LinexpError(f"{place}.preprocess: {sizes}, so a black border would be added; make resize larger")


def published_weights(model: Mapping[str, Any]) -> bool:
    """Whether a model's weights are published under a name, rather than in a file or random."""
    weights = model.get(SOURCES[model["source"]].weights_key, "none")
    return weights != "none" and not is_weights_file(weights)


def members(config: Config, concept_set: str, seen: tuple[str, ...] = ()) -> list[str]:
    """The built-in sets and files that a concept set consists of, as names in order.

    Raises
    ------
    LinexpError
        A name does not exist, or a union contains itself.
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
