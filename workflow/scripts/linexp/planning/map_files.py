"""What activation maps are recorded from, and of which layers."""

from ..config.checks import Config
from ..errors import LinexpError
from .inputs import Files, activations_of, image_index_of, of_layer, places_of, probe_files, target_of
from .model_files import has_network, layer_files

POOLED = ("avg", "max")
"""How layers are pooled that may have maps: others have one number a unit, or are read at one token alone."""


def has_maps(config: Config, wildcards) -> bool:
    """Whether maps are recorded of a layer for what is shown of it: it may have some, and has none recorded already."""
    entry = target_of(config, wildcards)["layers"][wildcards.layer]
    of_all = entry.get("pool") in POOLED and entry.get("tokens") != "first"
    return of_all and "places" not in entry and has_network(config, wildcards.target)


def files(config: Config, wildcards) -> Files:
    """What the maps of a layer, or of a neuron, are recorded from: a network, images, and which of them are shown.

    Raises
    ------
    LinexpError
        The layer has none, or has them recorded already.
    """
    if not has_maps(config, wildcards):
        layer = f"target {wildcards.target}: layer {wildcards.layer}"
        if places_of(config, wildcards):
            raise LinexpError(f"{layer} is explained at places, so that its activations are maps; ask for those")
        raise LinexpError(f"{layer} has no maps: it has no network, or is not pooled over places; take another layer")
    return {
        **layer_files(config, wildcards),
        "images": probe_files(config, wildcards),
        "index": image_index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
    }


def of_shown(config: Config, wildcards, shown: str) -> dict[str, str]:
    """The maps of what is shown of a layer, `shown` or `neuron_7`, as inputs; nothing where there are none."""
    return {"maps": of_layer(wildcards, f"maps/{shown}.h5")} if has_maps(config, wildcards) else {}
