"""The layers of a target: whether what is read of each goes together."""

from collections.abc import Mapping
from typing import Any

from ..errors import LinexpError
from ..networks.sources import SOURCES


def check_layers(target: Mapping[str, Any], place: str) -> None:
    """Whether the layers of a target say what there is to record, or which part of what is recorded already they are.

    Raises
    ------
    LinexpError
        One does not, or asks for what does not go together.
    """
    if SOURCES[target["model"]["source"]].has_network:
        for name, layer in target["layers"].items():
            for key in ("module", "pool"):
                if key not in layer:
                    raise LinexpError(f"{place}.layers.{name}: key {key!r} is missing; add it")
            _check_units(layer, f"{place}.layers.{name}")
            if "places" in layer and layer["pool"] not in ("avg", "max"):
                unfit = f"{layer['pool']} is no way to pool the values in a cell"
                raise LinexpError(f"{place}.layers.{name}.pool: {unfit}; take avg or max")
            if "places" in layer and layer.get("tokens") == "first":
                raise LinexpError(f"{place}.layers.{name}.tokens: the first is at no place; take it out")
        return
    for name, layer in target["layers"].items():
        for key in ("units", "tokens", "places"):
            if key in layer:
                reason = f"{key} are read off a network's layer, and the model is recorded activations"
                raise LinexpError(f"{place}.layers.{name}.{key}: {reason}; take it out")
    if len(target["layers"]) > 1 and "{layer}" not in "".join(map(str, target["model"].values())):
        names = " and ".join(map(repr, list(target["layers"])[:2]))
        raise LinexpError(f"{place}.layers: {names} would be the same numbers; put {{layer}} into the model's file")


def _check_units(layer: Mapping[str, Any], place: str) -> None:
    """Whether what is read of a layer goes together."""
    if "units" not in layer:
        if "tokens" in layer:
            raise LinexpError(f"{place}.tokens: neurons are read by pool alone; give units, or take it out")
        return
    if layer["pool"] == "first" and layer.get("tokens", "all") == "patches":
        raise LinexpError(f"{place}.tokens: pool: first is not among the patches; take it out, or pool: avg or max")
    if layer["pool"] == "max" and layer["ablation"]:
        reason = "a unit's maximum added at every place means nothing"
        raise LinexpError(f"{place}.ablation: with units, pool: max has no ablation ({reason}); set ablation: false")
