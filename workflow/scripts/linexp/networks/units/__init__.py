"""Units to explain instead of neurons. A kind is a file of its name with a `KIND`, and its line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from .kind import UnitKind

_NAMES = ("directions", "sae", "trained")

UNITS: dict[str, UnitKind] = {name: import_module(f".{name}", __name__).KIND for name in _NAMES}


def units_kind(entry: Mapping[str, Any]) -> UnitKind:
    """The kind of units that an entry is of."""
    return next(kind for name, kind in UNITS.items() if name in entry)


def trained_sae(entry: Mapping[str, Any] | None) -> str | None:
    """The sparse autoencoder under `trained_models` that an entry's units are of; None where they are no such."""
    key = units_kind(entry).trained_key if entry else None
    return entry[key] if entry and key else None


__all__ = ["UNITS", "UnitKind", "trained_sae", "units_kind"]
