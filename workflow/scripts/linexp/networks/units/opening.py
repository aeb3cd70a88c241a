"""The units of a layer, as its entry in the configuration says."""

from collections.abc import Mapping
from typing import Any

from . import units_kind
from .encoded import EncodedUnits
from .neurons import Neurons
from .units import Units


def open_units(layer: Mapping[str, Any]) -> Units:
    """The units of a layer.

    Parameters
    ----------
    layer
        Its entry; without `pool` where nothing is pooled.

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
    return EncodedUnits(units_kind(entry).open(entry), pool, channels, layer.get("tokens", "all"), allow_poor)
