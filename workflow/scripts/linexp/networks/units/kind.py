"""What the registry knows of a kind of units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .encoder import Encoder

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class UnitKind:
    """A kind of units, by the key under `units` of a layer that has their file.

    It imports PyTorch inside its functions: the configuration is checked by all kinds, without it.

    Attributes
    ----------
    keys
        The JSON schema of an entry's keys, in YAML: `description`, `required` and `properties`.
    files
        The files that an entry's units are read from.
    check
        Raises a `LinexpError` if the files, which are there, cannot be of units of any layer.
    open
        What encodes a layer's output.
    """

    keys: str
    files: Callable[[Entry], list[str]]
    check: Callable[[Entry], None]
    open: Callable[[Entry], Encoder]
