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
    open_key
        The key of an entry that says what its file may leave open, so that the recorded activations have to; None where
        no file does.
    fits_its_network
        Whether they fit the network alone that they were made for, so that copies of it have to allow a poor fit.
    trained_key
        The key of an entry that names a model of `trained_models`, of kind `sae`; None where files are the user's.
    """

    keys: str
    files: Callable[[Entry], list[str]]
    check: Callable[[Entry], None]
    open: Callable[[Entry], Encoder]
    open_key: str | None = None
    fits_its_network: bool = False
    trained_key: str | None = None
