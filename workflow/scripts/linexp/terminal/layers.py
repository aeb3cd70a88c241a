"""The layers of a network in the terminal: what can be explained, and the lines that ask for it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..errors import LinexpError
from ..networks import targets
from ..networks.sources import SOURCES
from ..networks.survey import Surveyed, survey, why_not_replayed

HEADER = ("module", "is a", "gives", "neurons", "pool", "runs", "ablation")
EXAMPLES = 3
USUAL_SIZE = 224


def named_model(named: str) -> dict[str, Any]:
    """The entry of a model that is given as `source:name`, with published weights if there are any.

    Raises
    ------
    LinexpError
        It is not of that form, or of a source that needs more than a name.
    """
    source, _, name = named.partition(":")
    by_name = [known for known, of_source in SOURCES.items() if of_source.preprocessing]
    if source not in by_name or not name:
        remedy = f"give {' or '.join(by_name)}, such as timm:resnet50"
        raise LinexpError(f"--model: {named!r} is not a source and a name; {remedy}")
    return {"source": source, "name": name, "weights": next(iter(SOURCES[source].tags or ()), "DEFAULT")}


def layers_of(model: Mapping[str, Any], size: int | None, depth: int) -> str:
    """The layers of a network with random weights: what they are does not depend on the weights.

    Parameters
    ----------
    model
        The `model` of a target.
    size
        Pixels a side of an image; None for what the model preprocesses to.
    depth
        As in `layers_text`.
    """
    network = targets.build_network(model).eval()
    images = _images(model, size)
    found = survey(network, images)
    return layers_text(found, depth, why_not_replayed(network, found, images))


def _images(model: Mapping[str, Any], size: int | None) -> torch.Tensor:
    """(2, 3, height, width) of noise."""
    side = size or USUAL_SIZE
    noise = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), np.uint8)
    if size:
        return torch.from_numpy(noise).permute(0, 3, 1, 2).float() / 255 - 0.5
    preprocess = targets.preprocessing(model)
    return torch.stack([preprocess(Image.fromarray(image)) for image in noise])


def layers_text(found: Sequence[Surveyed], depth: int, not_replayed: str | None) -> str:
    """A line a module, and what to write for the last ones.

    Parameters
    ----------
    found
        The modules, in the network's order.
    depth
        Parts of a path; modules that lie deeper are counted.
    not_replayed
        Why ablation cannot be scored behind layers without a linear tail; None if it can.
    """
    shown = [module for module in found if module.path.count(".") < depth]
    rows = [HEADER, *(_cells(module, not_replayed is None) for module in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    if len(found) > len(shown):
        lines.append(f"further modules inside: {len(found) - len(shown)}, with --depth {depth + 1}")
    if not_replayed:
        lines += ["", f"ablation behind other layers: {not_replayed}"]
    layers = [module for module in shown if module.neurons and module.runs == 1]
    best = sorted(reversed(layers), key=lambda module: not module.linear)[:EXAMPLES]
    return "\n".join([*lines, "", "under `layers` of the target:", *map(_entry, best)])


def _cells(module: Surveyed, replayed: bool) -> tuple[str, ...]:
    gives = module.output if isinstance(module.output, str) else " × ".join(map(str, module.output))
    gives = gives if module.part is None else f"{module.part}: {gives}"
    if module.neurons is None:
        return (module.path, module.kind, gives, "–", "–", str(module.runs), "–")
    if module.runs != 1:
        return (module.path, module.kind, gives, "–", "–", f"{module.runs} times", "–")
    ablation = f"linear tail ({', '.join(module.linear)})" if module.linear else "replayed" if replayed else "no"
    return (module.path, module.kind, gives, str(module.neurons), ", ".join(module.pools), "1", ablation)


def _entry(module: Surveyed) -> str:
    """The line of a layer in the configuration."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", module.path).strip("_")
    pool = (module.linear or module.pools)[0]
    channels = ", channels: last" if module.channels == "last" and len(module.output) == 3 else ""
    part = "" if module.part is None else f", output: {module.part}"
    return f"  {name}: {{module: {module.path}{part}, pool: {pool}{channels}}}"
