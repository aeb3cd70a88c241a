"""What `linexp check` prints: the data and weights of a configuration, and which layers can be explained."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..config.checks import Config
from ..config.derived_targets import UNTRAINED_SUFFIX, recorded_target
from ..errors import LinexpError, suggest
from . import missing
from .missing import MADE, MISSING, Part

READY = "ready"
STATE_WIDTH = len(MADE)


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
