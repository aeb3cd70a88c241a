"""What the registry knows of a source of networks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import LinexpError

if TYPE_CHECKING:
    from torch import Tensor, nn

Model = Mapping[str, Any]


def _no_code(_model: Model) -> list[str]:
    return []


def _no_repository(_model: Model) -> str | None:
    return None


def _all_right(_model: Model, _place: str) -> None:
    pass


@dataclass(frozen=True)
class Source:
    """Where networks come from, the `source` of a target's `model`.

    A source imports its library inside its functions: the configuration is checked by all sources, without any.

    Attributes
    ----------
    keys
        The JSON schema of an entry's keys beside `source`, in YAML: `description`, `required` and `properties`.
    build
        The network with random weights. None for those that the workflow trains itself, and where there is none.
    download
        The published weights that an entry names, as a state dict.
    preprocessing
        What turns an image into the network's input, as the published weights say it.
    preprocesses_by_name
        Whether the network's name alone says it, whatever the weights.
    tags
        The names that published weights can have; None if the library has many, and says so when asked.
    name_key
        The key that says which network it is.
    weights_key
        The key of its weights.
    code
        The files of the user's own code that build it.
    repository
        The repository on GitHub whose code builds it, as `owner/name:ref`; None if it is in none. What builds and
        downloads is then given the `folder` that it is unpacked to, as one key more.
    optional
        The arguments that add a part to networks, by what the names of its weights begin with.
    check
        Raises a `LinexpError` with the place of an entry whose keys do not go together.
    has_network
        Whether there is a network at all; else there are activations in a file that the key of its name says.
    """

    keys: str
    build: Callable[[Model], nn.Module] | None
    download: Callable[[Model], Mapping[str, Tensor]] | None = None
    preprocessing: Callable[[Model], Callable] | None = None
    preprocesses_by_name: bool = False
    tags: Sequence[str] | None = ()
    name_key: str = "name"
    weights_key: str = "weights"
    code: Callable[[Model], list[str]] = _no_code
    repository: Callable[[Model], str | None] = _no_repository
    optional: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Model, str], None] = _all_right
    has_network: bool = True

    @property
    def is_trained_here(self) -> bool:
        """Whether the workflow trains the network itself."""
        return self.build is None and self.has_network


def check_name(library: str, name: str, names: Sequence[str]) -> None:
    """Raise a `LinexpError` with the closest name if a library has no network of that name."""
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
        raise LinexpError(f"model.name: {name!r} is not a model of {library}; did you mean {close!r}?")


def check_network(found: Any, what: str) -> nn.Module:
    """What a function of the user's returned, if it is a network; else a `LinexpError`."""
    from torch import nn

    if not isinstance(found, nn.Module):
        raise LinexpError(f"model: {what} returns a {type(found).__name__}; it has to return a torch.nn.Module")
    check_python(found, f"model: what {what} returns")
    return found


def check_python(module: Any, place: str) -> None:
    """Raise a `LinexpError` if a module is TorchScript, which runs without Python and lets nobody see its parts."""
    from torch import jit

    if isinstance(module, jit.ScriptModule):
        remedy = "give the Python network that it was made from"
        raise LinexpError(f"{place} is TorchScript, scripted or traced, whose layers cannot be recorded; {remedy}")


def is_weights_file(weights: str) -> bool:
    """Whether weights are given as the path of a file, rather than by name."""
    return Path(weights).suffix.lower() in (".safetensors", ".pt", ".pth", ".bin", ".tar", ".ckpt")
