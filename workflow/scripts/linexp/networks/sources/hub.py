"""Networks of torch hub: a repository on GitHub, or a folder, with a hubconf.py."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ...errors import LinexpError, shortened, suggest
from .source import Model, Source, check_network

if TYPE_CHECKING:
    from torch import Tensor, nn

KEYS = """
description: >-
  A network of torch hub. A repository on GitHub is downloaded once; its code is run, as if it were yours.
required: [repo, name, weights, preprocess]
properties:
  repo:
    description: >-
      owner/name:ref on GitHub, where ref is a commit, a tag or a branch (without it, the default branch as it is then),
      or a folder with a hubconf.py.
    type: string
    examples: ["chenyaofo/pytorch-cifar-models:786c16252c0fc58ee9adac063f8337cc4a7a497a"]
  name: {description: Name of its function in hubconf.py., type: string, examples: [cifar100_vgg16_bn]}
  weights: {$ref: "#/$defs/weights", examples: [pretrained]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""
DEFAULT_BRANCH = "HEAD"
_NAME = r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*"
_ON_GITHUB = re.compile(rf"({_NAME}/{_NAME})(?::({_NAME}(?:/{_NAME})*))?")
"""What names a repository can be put in a path and an address as they are, and lead nowhere else."""
_NOT_TAKEN = re.compile(r"argument '?pretrained\b")
"""How Python says that what an argument is handed on to does not take it, or has it already."""
_GIVE_A_FACTORY = "random weights cannot be had; use `source: factory` with a function that builds it without"


def repository(model: Model) -> str | None:
    """The repository on GitHub, as `owner/name:ref`; None of a folder."""
    found = None if os.path.isdir(model["repo"]) else _ON_GITHUB.fullmatch(model["repo"])
    return f"{found[1]}:{found[2] or DEFAULT_BRANCH}" if found else None


def check(model: Model, place: str) -> None:
    """Raise a `LinexpError` if `repo` can be neither a folder nor a repository, or `pretrained` is given twice."""
    if "pretrained" in model.get("arguments", {}):
        raise LinexpError(f"{place}.arguments: `pretrained` follows from weights; take it out")
    if not os.path.isdir(model["repo"]) and repository(model) is None:
        repo = shortened(model["repo"], 60)
        raise LinexpError(f"{place}.repo: {repo!r} is no folder, and not owner/name:ref of one on GitHub; correct it")


def build(model: Model) -> nn.Module:
    """The network, by the function that hubconf.py has for it, without its published weights.

    A function with an argument `pretrained` is asked for a network without; one that has no such argument is called as
    it is, since other weights are filled in afterwards. With random weights (`weights: none`, or untrained) that would
    not do, and is an error. A function that takes any keyword may hand `pretrained` on or ignore it, and its signature
    does not tell: the network is then built with two seeds, and it is an error if most weights are the same.

    Parameters
    ----------
    model
        Its entry. `folder` is where a repository lies; without it, `repo` is the folder.
    """
    with _hubconf(model) as module:
        entry, arguments = _entry(module, model), model.get("arguments", {})
        if model["weights"] != "none" and not model.get("untrained"):
            return _called(entry, arguments, pretrained=False)
        network = _called(entry, arguments, pretrained=False, or_without=_loads_by_itself(model))
        check_network(network, model["name"])
        if "pretrained" not in inspect.signature(entry).parameters:
            _check_random(network, lambda: _called(entry, arguments, pretrained=False), model)
        return network


def download(model: Model) -> Mapping[str, Tensor]:
    """The weights that the function loads itself."""
    with _hubconf(model) as module:
        network = _called(_entry(module, model), model.get("arguments", {}), pretrained=True)
    return check_network(network, model["name"]).state_dict()


@contextmanager
def _hubconf(model: Model) -> Iterator[ModuleType]:
    """The module of a hubconf.py; in the `with` block, what lies beside it can be imported, as `torch.hub.load` has it.

    It is not left to that, which gives no function whose arguments could be looked at first.
    """
    folder = str(Path(model.get("folder") or model["repo"]).absolute())
    file = Path(folder, "hubconf.py")
    if not file.is_file():
        raise LinexpError(
            f"model.repo: {model['repo']} has no hubconf.py; give a folder that has one, or owner/name:ref on GitHub"
        )
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("hubconf", file)
        assert spec is not None and spec.loader is not None  # of a file that ends in .py
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(folder)


def _entry(module: ModuleType, model: Model) -> Callable[..., nn.Module]:
    """The function of an entry, if there is one, and what it depends on."""
    lacking = [name for name in getattr(module, "dependencies", ()) if importlib.util.find_spec(name) is None]
    if lacking:
        raise LinexpError(
            f"model: {model['repo']} needs packages that are not there: {', '.join(lacking)}; install them"
        )
    entries = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    if model["name"] not in entries:
        raise LinexpError(f"model.name: {model['repo']} has no {model['name']!r}; {suggest(model['name'], entries)}")
    return getattr(module, model["name"])


def _loads_by_itself(model: Model) -> LinexpError:
    takes = f"model: {model['name']} of {model['repo']} takes no `pretrained`"
    return LinexpError(f"{takes}, so it may load weights by itself, and {_GIVE_A_FACTORY}")


def _called(
    entry: Callable[..., nn.Module], arguments: Model, pretrained: bool, or_without: LinexpError | None = None
) -> nn.Module:
    """What an entry returns, called with `pretrained` if it takes that.

    Parameters
    ----------
    or_without
        What is raised rather than to call it without.
    """
    taken = inspect.signature(entry).parameters
    if "pretrained" in taken:
        return entry(**arguments, pretrained=pretrained)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        try:
            return entry(**arguments, pretrained=pretrained)
        except TypeError as error:
            if not _NOT_TAKEN.search(str(error)):
                raise
    if or_without:
        raise or_without
    return entry(**arguments)


def _check_random(network: nn.Module, build_again: Callable[[], nn.Module], model: Model) -> None:
    """Raise a `LinexpError` if a network, which is said to have random weights, is much the same with another seed.

    What counts are weights with two axes or more that vary: many others are constants before training.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch.initial_seed() + 1)
        again = dict(build_again().named_parameters())
    weights = [(name, one) for name, one in network.named_parameters() if one.ndim > 1 and len(one.unique()) > 1]
    same = sum(one.numel() for name, one in weights if torch.equal(one, again[name]))
    if same > sum(one.numel() for _, one in weights) / 2:
        ignores = f"model: {model['name']} of {model['repo']} has the same weights with every seed"
        raise LinexpError(f"{ignores}, so it ignores `pretrained`, and {_GIVE_A_FACTORY}")


def code(model: Model) -> list[str]:
    """The Python files of a repository that is a folder."""
    return sorted(map(str, Path(model["repo"]).rglob("*.py"))) if os.path.isdir(model["repo"]) else []


SOURCE = Source(
    keys=KEYS,
    build=build,
    download=download,
    tags=("pretrained",),
    code=code,
    repository=repository,
    check=check,
)
