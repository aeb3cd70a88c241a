"""What `linexp check` prints: the data and weights of a configuration, and which layers can be explained."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..artifacts import store
from ..concepts.presence import filter_text
from ..config.checks import Config
from ..config.derived_targets import UNTRAINED_SUFFIX, recorded_target
from ..errors import LinexpError, shortened, suggest
from ..probes import sources
from . import missing
from .inputs import presence_folder
from .missing import MADE, MISSING, Part

READY = "ready"
STATE_WIDTH = len(MADE)
MOST_CONCEPTS = 30
"""That are named of those that pass the filter."""


def parts(config: Config) -> list[Part]:
    """All parts of a configuration that need data or weights, each once.

    Parameters
    ----------
    config
        The configuration, checked.
    """
    own = list(_own_targets(config))
    recorded = [name for name, _ in own if recorded_target(config["targets"], name) == name]
    imported = {
        part.remark: part
        for target, entry in own
        for method in entry["methods"]
        if config["methods"][method]["kind"] == "imported"
        for part in (missing.imported(config, method, target, layer) for layer in entry["layers"])
    }
    return [
        *(missing.images(config, section, name) for section in ("probes", "training_sets") for name in config[section]),
        *(missing.image_text_model(config, name) for name in config["image_text_models"]),
        *missing.concept_files(config),
        *(missing.target_model(config, name) for name in recorded),
        *filter(None, (missing.target_code(config, name) for name in recorded)),
        *imported.values(),
    ]


def layer_problems(config: Config, place: str) -> list[str]:
    """What is missing to explain and score a layer, a line each.

    Parameters
    ----------
    place
        `target/layer`.

    Raises
    ------
    LinexpError
        There is no such target or layer.
    """
    target, _, layer = place.strip("/").removeprefix("results/").partition("/")
    if target not in config["targets"]:
        raise LinexpError(f"{place}: there is no target {target!r}; {suggest(target, config['targets'])}")
    layers = config["targets"][target]["layers"]
    if layer not in layers:
        raise LinexpError(f"{place}: target {target} has no layer {layer!r}; {suggest(layer, layers)}")
    return missing.problems(config, "scores.parquet", target, layer)


def layer_names(config: Config) -> list[str]:
    """All layers of all targets as `target/layer`; not those of untrained copies."""
    return [f"{name}/{layer}" for name, target in _own_targets(config) for layer in target["layers"]]


def _own_targets(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    copies = {
        name + UNTRAINED_SUFFIX for name, target in config["targets"].items() if "untrained" in target["controls"]
    }
    return ((name, target) for name, target in config["targets"].items() if name not in copies)


def parts_text(config: Config) -> str:
    """All parts of a configuration with their state, by section."""
    everything, lines, section = parts(config), [], None
    names = max((len(part.name) for part in everything), default=0)
    for part in everything:
        if part.section != section:
            lines += [*([""] if section else []), part.section]
            section = part.section
        lines.append(f"  {part.state:<{STATE_WIDTH}}  {part.name:<{names}}  {part.remark}")
    return "\n".join(lines)


def labels_text(config: Config, targets: Sequence[str]) -> str:
    """What the labels of the probes of some targets allow, a line each."""
    width = max(map(len, targets), default=0)
    return "\n".join(["labels", *(f"  {name:<{width}}  {_allowed(config, name)}" for name in targets)])


def _allowed(config: Config, target: str) -> str:
    probe = config["targets"][target]["probe"]
    entry = config["probes"][probe]
    effects = "no ablation, no Top Impact" if "classes" in config["targets"][target] else "loss: kl, no Top Impact"
    if missing.images(config, "probes", probe).problem:
        return f"{probe}: its images are not there yet, so nobody knows"
    if missing.has_labels(config, target):
        return f"{probe} has classes that the model knows: all methods, any loss, Top Impact, calibration"
    if "concepts" in sources.possible_labels(entry) or sources.has_classes(entry):
        return f"{probe} has labels, of no class of the model: all methods and calibration; {effects}"
    return f"{probe} has no labels: no method by labels, no calibration on it, {effects}"


def concepts_text(config: Config, places: Sequence[str]) -> str | None:
    """Which words pass the filter, for every P of pseudo-labels of some layers that is there; None without any."""
    lines = {}
    for place in places:
        target, layer = place.strip("/").removeprefix("results/").split("/")
        for method in config["targets"][target]["methods"]:
            here = SimpleNamespace(target=target, layer=layer, method=method)
            if config["methods"][method].get("presence") in ("pseudo", "both"):
                pseudo = f"{presence_folder(config, here).split('/both_')[0]}/P.h5"
                if os.path.isfile(pseudo):
                    lines[pseudo] = _passing(config, pseudo)
    return "\n".join(["concepts", *lines.values()]) if lines else None


def _passing(config: Config, path: str) -> str:
    """What of a concept set passed the filter when P was made, those that are most present first."""
    kept, top_mean = store.read_arrays(path, "kept", "top_mean")
    concepts = store.read_strings(path, "all_concepts")
    best = [column for column in np.argsort(-top_mean, kind="stable").tolist() if kept[column]]
    named = ", ".join(shortened(concepts[column], 40) for column in best[:MOST_CONCEPTS])
    more = f" and {len(best) - MOST_CONCEPTS:,} more" if len(best) > MOST_CONCEPTS else ""
    made_with = json.loads(store.read_attribute(path, "settings"))
    # P from before there was this setting is out of date
    text = filter_text(concepts, kept, top_mean, made_with.get("min_presence", config["min_presence"]))
    return f"  {path}\n    {text}\n    kept: {named}{more}"


def layers_text(problems: Mapping[str, Sequence[str]]) -> str:
    """Which layers are ready to be explained and scored, and what the others lack.

    Parameters
    ----------
    problems
        By `target/layer`, what is missing.
    """
    lines = ["layers"]
    for place, lacking in problems.items():
        lines.append(f"  {MISSING if lacking else READY:<{STATE_WIDTH}}  {place}")
        lines += [f"  {'':<{STATE_WIDTH}}    {problem}" for problem in lacking]
    return "\n".join(lines)
