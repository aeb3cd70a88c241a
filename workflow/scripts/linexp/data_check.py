"""What the data and weights of a configuration are, which of them are there, and how to get those that are not."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import class_lists, image_sources
from .config import Config, is_weights_file, members, published_weights
from .derived_targets import UNTRAINED_SUFFIX, recorded_target
from .errors import LinexpError, suggest
from .table_sources import imported_path, scoring_problems

THERE, MADE, DOWNLOAD, MISSING, READY = "there", "made here", "download", "missing", "ready"
STATE_WIDTH = len(MADE)
MODELS = "results/models"


@dataclass(frozen=True)
class Part:
    """A part of the configuration that needs data.

    Attributes:
        section, name: where it is in config.yaml.
        state: `there`, `made here` by the workflow, `download` (by it, once), or `missing`.
        remark: what, and where; if it is missing, how to get it.
    """

    section: str
    name: str
    state: str
    remark: str


def parts(config: Config) -> list[Part]:
    """All parts of a configuration that need data or weights.

    Args:
        config: the configuration, checked.
    """
    return [
        *(_images("probes", name, entry) for name, entry in config["probes"].items()),
        *(_images("training_sets", name, entry) for name, entry in config["training_sets"].items()),
        *(_image_text_model(name, entry) for name, entry in config["image_text_models"].items()),
        *_concept_files(config),
        *_targets(config),
        *_imported(config),
    ]


def layer_problems(config: Config, place: str) -> list[str]:
    """What is missing to explain and score a layer, a line each.

    Args:
        place: `target/layer`.

    Raises:
        LinexpError: there is no such target or layer.
    """
    target, _, layer = place.strip("/").removeprefix("results/").partition("/")
    if target not in config["targets"]:
        raise LinexpError(f"{place}: there is no target {target!r}; {suggest(target, config['targets'])}")
    layers = config["targets"][target]["layers"]
    if layer not in layers:
        raise LinexpError(f"{place}: target {target} has no layer {layer!r}; {suggest(layer, layers)}")
    return [*scoring_problems(config, target, layer), *_problems_of_concepts(config, config["targets"][target])]


def layer_names(config: Config) -> list[str]:
    """All layers of all targets as `target/layer`; not those of untrained copies."""
    return [f"{name}/{layer}" for name, target in _own_targets(config) for layer in target["layers"]]


def _own_targets(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    copies = {
        name + UNTRAINED_SUFFIX for name, target in config["targets"].items() if "untrained" in target["controls"]
    }
    return ((name, target) for name, target in config["targets"].items() if name not in copies)


def _images(section: str, name: str, entry: Mapping[str, Any]) -> Part:
    if entry["kind"] == "scenes":
        return Part(section, name, MADE, f"{entry['images']:,} scenes")
    problem = image_sources.missing(entry)
    if problem:
        return Part(section, name, MISSING, problem)
    named = filter(class_lists.is_names_file, [entry.get("class_names"), entry.get("superclasses")])
    files = [_file(section, name, path) for path in named]
    there = Part(section, name, THERE, ", ".join(image_sources.paths(entry)))
    return next((file for file in files if file.state == MISSING), there)


def _image_text_model(name: str, entry: Mapping[str, Any]) -> Part:
    section = "image_text_models"
    if "trained" in entry:
        return Part(section, name, MADE, f"trained as {entry['trained']}")
    if entry["model"].endswith(".json") and not os.path.isfile(entry["model"]):
        return _file(section, name, entry["model"])
    return _weights(section, name, entry["pretrained"], f"{MODELS}/image_text/{name}.safetensors", entry["model"])


def _weights(section: str, name: str, weights: str, kept: str, model: str, origin: str | None = None) -> Part:
    """Weights in a file of the user's, or published ones, which the workflow keeps in a file of its own."""
    if is_weights_file(weights):
        return _file(section, name, weights, origin)
    if os.path.isfile(kept):
        return Part(section, name, THERE, kept)
    return Part(section, name, DOWNLOAD, f"{model}, {weights}, once")


def _concept_files(config: Config) -> list[Part]:
    sets = config["concept_sets"].items()
    return [_file("concept_sets", name, entry["file"]) for name, entry in sets if "file" in entry]


def _targets(config: Config) -> Iterator[Part]:
    """The models to explain; those that are like another share its weights."""
    for name, target in _own_targets(config):
        model = target["model"]
        if recorded_target(config["targets"], name) != name:
            continue
        if model["source"] == "trained":
            yield Part("targets", name, MADE, f"trained as {model['name']}")
            continue
        weights = model["checkpoint" if model["source"] == "factory" else "weights"]
        called = model.get("name") or model["call"]
        if not is_weights_file(weights) and not published_weights(model):
            yield Part("targets", name, MADE, f"{called}, random weights")
            continue
        kept = f"{MODELS}/targets/{name}.safetensors"
        yield _weights("targets", name, weights, kept, called, target.get("weights_origin"))


def _imported(config: Config) -> list[Part]:
    """The files of imported explanations, each once, for the layers of the targets that use them."""
    files = {}
    for target, entry in _own_targets(config):
        for method in entry["methods"]:
            if config["methods"][method]["kind"] == "imported":
                files |= {imported_path(config, method, target, layer): method for layer in entry["layers"]}
    return [_file("methods", method, path) for path, method in files.items()]


def _file(section: str, name: str, path: str, origin: str | None = None) -> Part:
    """A file that the user has to have."""
    if os.path.isfile(path):
        return Part(section, name, THERE, path)
    remedy = f"get it from {origin}" if origin else "put it there, or correct the path"
    return Part(section, name, MISSING, f"{path} does not exist; {remedy}")


def _problems_of_concepts(config: Config, target: Mapping[str, Any]) -> list[str]:
    """Files of concepts that a target's methods use and that are not there."""
    methods = [config["methods"][name] for name in target["methods"]]
    sets = dict.fromkeys([target["concepts"], *(method["concepts"] for method in methods if "concepts" in method)])
    used = {name for concept_set in sets for name in members(config, concept_set)}
    missing = [part for part in _concept_files(config) if part.name in used and part.state == MISSING]
    return [f"concept_sets.{part.name}.file: {part.remark}" for part in missing]


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


def layers_text(problems: Mapping[str, Sequence[str]]) -> str:
    """Which layers are ready to be explained and scored, and what the others lack.

    Args:
        problems: by `target/layer`, what is missing.
    """
    lines = ["layers"]
    for place, missing in problems.items():
        lines.append(f"  {MISSING if missing else READY:<{STATE_WIDTH}}  {place}")
        lines += [f"  {'':<{STATE_WIDTH}}    {problem}" for problem in missing]
    return "\n".join(lines)
