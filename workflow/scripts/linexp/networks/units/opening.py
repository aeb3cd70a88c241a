"""The units of a layer, as its entry in the configuration says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...artifacts import store
from . import units_kind
from .deciding import SUBTRACT_BIAS
from .encoded import EncodedUnits
from .grids import AtPlaces
from .neurons import Neurons
from .units import Units


def open_recorded(layer: Mapping[str, Any], activations: str | Path | None = None) -> Units | AtPlaces:
    """What is recorded of a layer: its units, or these at places. Arguments as of `open_units`."""
    units = open_units(layer, activations)
    return AtPlaces(units, layer["places"], layer["pool"]) if "places" in layer else units  # type: ignore[arg-type]


def open_units(layer: Mapping[str, Any], activations: str | Path | None = None) -> Units:
    """The units of a layer.

    Parameters
    ----------
    layer
        Its entry; without `pool` where nothing is pooled.
    activations
        What was recorded of it, which says how units were read where their file leaves it open; None where that does
        not matter, or is not decided yet.

    Raises
    ------
    LinexpError
        Their file cannot be read.
    """
    pool, channels = layer.get("pool", "avg"), layer["channels"]
    if "units" not in layer:
        return Neurons(pool, channels)
    entry = layer["units"]
    allow_poor = entry.get("allow_poor_reconstruction", False)
    encoder = units_kind(entry).open(entry)
    if encoder.subtract_bias is None and activations:
        encoder.subtract_bias = bool(store.read_attribute(activations, SUBTRACT_BIAS))
    return EncodedUnits(encoder, pool, channels, layer.get("tokens", "all"), allow_poor)
