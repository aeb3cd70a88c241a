"""Networks of torch hub: a repository on GitHub, or a folder, with a hubconf.py."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import LinexpError
from .source import Model, Source

if TYPE_CHECKING:
    from torch import Tensor, nn

KEYS = """
description: A network of torch hub.
required: [repo, name, weights, preprocess]
properties:
  repo:
    description: owner/name on GitHub, or a folder with a hubconf.py.
    type: string
    examples: [chenyaofo/pytorch-cifar-models]
  name: {description: Name of its function in hubconf.py., type: string, examples: [cifar100_vgg16_bn]}
  weights: {$ref: "#/$defs/weights", examples: [pretrained]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""


def _load(model: Model, pretrained: bool) -> nn.Module:
    import torch

    repo, arguments = model["repo"], model.get("arguments", {})
    source = "local" if Path(repo).is_dir() else "github"
    if source == "local" and not Path(repo, "hubconf.py").is_file():
        raise LinexpError(f"model.repo: {repo} has no hubconf.py; give a folder that has one, or owner/name on GitHub")
    load = partial(torch.hub.load, repo, model["name"], source=source, trust_repo=True, **arguments)
    try:
        return load(pretrained=pretrained)
    except TypeError as error:
        if "pretrained" not in str(error):
            raise
    if model["weights"] == "none":
        raise LinexpError(
            f"model: {model['name']} of {repo} takes no `pretrained`, so it may load weights by itself, and "
            "`weights: none` cannot be had; use `source: factory` with a function that builds it without"
        )
    return load()


def build(model: Model) -> nn.Module:
    """The network, by the function that hubconf.py has for it."""
    return _load(model, pretrained=False)


def download(model: Model) -> Mapping[str, Tensor]:
    """The weights that the function loads itself."""
    return _load(model, pretrained=True).state_dict()


def code(model: Model) -> list[str]:
    """The Python files of a repository that is a folder."""
    return sorted(map(str, Path(model["repo"]).rglob("*.py"))) if Path(model["repo"]).is_dir() else []


SOURCE = Source(keys=KEYS, build=build, download=download, tags=("pretrained",), code=code)
