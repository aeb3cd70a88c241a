"""The units of a layer, as its entry in the configuration says."""

from collections.abc import Mapping
from typing import Any

from .neurons import Neurons
from .units import Units


def open_units(layer: Mapping[str, Any]) -> Units:
    """The units of a layer.

    Parameters
    ----------
    layer
        Its entry; without `pool` where nothing is pooled.
    """
    return Neurons(layer.get("pool", "avg"), layer["channels"])
