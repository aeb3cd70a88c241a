"""Targets that follow from others: those that are `like` another, and null controls."""

from collections.abc import Mapping
from typing import Any

from ..concepts.sets import RANDOM_CONCEPTS
from ..errors import LinexpError, suggest
from ..networks.sources import SOURCES
from ..networks.units import units_kind

UNTRAINED_SUFFIX = "_untrained"
RECORDED = ("model", "probe", "batch_size", "classes", "class_map", "temperature")
"""Settings that what is recorded of a model depends on: the same for all targets that share it."""
NOT_RECORDED = ("ablation", "impact")
"""Settings of a layer that nothing recorded of it depends on."""
NOT_TAKEN_OVER = ("methods", "controls")


def with_likes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Fill targets that are `like` another with its settings, so that both share what is recorded of the model.

    Methods and controls are their own. Of `layers` they may name some, and say of each whether ablation is scored
    and Top Impact measured.

    Parameters
    ----------
    config
        Not validated yet; what is not a mapping is left to the schema.

    Raises
    ------
    LinexpError
        There is no such target, or a setting that recordings depend on is another.
    """
    targets = config.get("targets")
    if not isinstance(targets, Mapping):
        return dict(config)
    filled = {
        name: _filled(name, target, targets) if isinstance(target, Mapping) and "like" in target else target
        for name, target in targets.items()
    }
    return {**config, "targets": filled}


def _filled(name: str, target: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, Any]:
    place, like = f"targets.{name}", target["like"]
    original = targets.get(like) if isinstance(like, str) else None
    if not isinstance(original, Mapping):
        raise LinexpError(f"{place}.like: target {str(like)[:40]!r} does not exist; {suggest(like, targets)}")
    if "like" in original:
        raise LinexpError(f"{place}.like: {like!r} is itself like {str(original['like'])[:40]!r}; name that one")
    for key in RECORDED:
        if key in target:
            raise LinexpError(f"{place}.{key}: it is that of {like!r}, whose recordings are shared; take {key} out")
    controls = target.get("controls")
    if isinstance(controls, list) and "untrained" in controls:
        raise LinexpError(f"{place}.controls: untrained is a control of {like!r}; take it out here")
    taken_over = {key: value for key, value in original.items() if key not in NOT_TAKEN_OVER}
    layers, known = target.get("layers"), original.get("layers")
    if isinstance(layers, Mapping) and isinstance(known, Mapping):
        layers = {layer: _layer(f"{place}.layers.{layer}", layer, entry, known) for layer, entry in layers.items()}
        target = {**target, "layers": layers}
    return {**taken_over, **target}


def _layer(place: str, layer: str, entry: Any, known: Mapping[str, Any]) -> Any:
    if layer not in known:
        raise LinexpError(f"{place}: there is no such layer to share; {suggest(layer, known)}")
    if not isinstance(entry, Mapping) or not isinstance(known[layer], Mapping):
        return entry
    for key in entry:
        if key not in NOT_RECORDED:
            allowed = "only ablation and impact can be others in a shared layer"
            raise LinexpError(f"{place}.{key}: {allowed}; take {key} out")
    return {**known[layer], **entry}


def without_classes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what follows for targets with `classes: none`, and those without a network: no class of the probe is
    known, no ablation is scored and no Top Impact measured; the latter also of layers at places, where ablation is
    scored if it is asked for.

    Parameters
    ----------
    config
        As the schema has it, without its defaults.

    Raises
    ------
    LinexpError
        Such a target asks for what takes logits, or for what takes a network.
    """
    targets = {name: _with_what_follows(f"targets.{name}", target) for name, target in config["targets"].items()}
    return {**config, "targets": targets}


def _with_what_follows(place: str, target: Mapping[str, Any]) -> Mapping[str, Any]:
    layers = {name: _at_places(f"{place}.layers.{name}", layer) for name, layer in target["layers"].items()}
    target = {**target, "layers": layers}
    if not SOURCES[target["model"]["source"]].has_network:
        _check_no_network(place, target)
        return _without_classes(place, {**target, "classes": "none"})
    return _without_classes(place, target) if "classes" in target else target


def _at_places(place: str, layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """A layer, with ablation only if that is asked for and without Top Impact, if it is explained at places."""
    if "places" not in layer:
        return layer
    if layer.get("impact"):
        raise LinexpError(f"{place}.impact: Top Impact is not measured at places; take it out")
    ablation = layer.get("ablation", False)
    if ablation and "tokens" in layer:
        raise LinexpError(f"{place}.tokens: at places all patches are read, and replaced in ablation; take it out")
    return {**layer, "ablation": ablation, "impact": False}


def _check_no_network(place: str, target: Mapping[str, Any]) -> None:
    """Whether a target asks for something that only a network can do."""
    reason = "the model is recorded activations, without a network"
    if "untrained" in target.get("controls", ()):
        raise LinexpError(f"{place}.controls: untrained needs a network to leave untrained, and {reason}; take it out")
    for name, layer in target["layers"].items():
        for key in layer:
            if key not in NOT_RECORDED or layer[key]:
                raise LinexpError(f"{place}.layers.{name}.{key}: {reason}; take it out")


def _without_classes(place: str, target: Mapping[str, Any]) -> dict[str, Any]:
    if target.get("class_map", "none") != "none":
        raise LinexpError(f"{place}.class_map: a model without classes knows none of the probe's; take it out")
    for name, layer in target["layers"].items():
        for key in NOT_RECORDED:
            if layer.get(key):
                reason = "a model without classes has no output to compare"
                raise LinexpError(f"{place}.layers.{name}.{key}: {reason}; take it out, or `classes: none`")
    layers = {name: {**layer, "ablation": False} for name, layer in target["layers"].items()}
    return {**target, "class_map": "none", "layers": layers}


def recorded_target(targets: Mapping[str, Any], name: str) -> str:
    """The target under whose name a target's model is recorded."""
    return targets[name].get("like", name)


def with_controls(config: Mapping[str, Any]) -> dict[str, Any]:
    """Add the null controls that targets ask for: a method of random concepts, untrained copies of targets."""
    targets, methods = dict(config["targets"]), dict(config["methods"])
    for name, target in config["targets"].items():
        if RANDOM_CONCEPTS in target["controls"]:
            methods[RANDOM_CONCEPTS] = {"kind": RANDOM_CONCEPTS}
        if "untrained" in target["controls"]:
            layers = {layer: _of_untrained(entry) for layer, entry in target["layers"].items()}
            targets[name + UNTRAINED_SUFFIX] = {
                **{key: value for key, value in target.items() if key != "wider_concepts"},
                "model": {**target["model"], "untrained": True},
                "layers": layers,
                "methods": [first_linear(config, target)],
                "more_simulators": [],
                "stability": False,
                "controls": [],
            }
    return {**config, "targets": targets, "methods": methods}


def _of_untrained(layer: Mapping[str, Any]) -> dict[str, Any]:
    """A layer of an untrained copy, which a sparse autoencoder of the trained one does not fit."""
    entry = layer.get("units")
    if entry and units_kind(entry).fits_its_network:
        layer = {**layer, "units": {**entry, "allow_poor_reconstruction": True}}
    return {**layer, "ablation": False, "impact": False}


def first_linear(config: Mapping[str, Any], target: Mapping[str, Any]) -> str | None:
    """The first linear method of a target: the one that pictures, rankings and controls go by."""
    linear = (name for name in target["methods"] if config["methods"][name]["kind"] == "linear")
    return next(linear, None)
