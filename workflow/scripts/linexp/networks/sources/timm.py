"""Networks that timm knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from ...errors import LinexpError
from ...jobs.downloads import from_cache_or_downloaded
from .source import Model, Source, check_name

if TYPE_CHECKING:
    from torch import Tensor, nn

KEYS = """
description: A network that timm knows by name, or one of its on the Hugging Face hub.
required: [name, weights]
properties:
  name:
    description: Name of the network there, with or without the tag of its weights; or hf-hub:owner/name.
    type: string
    examples: [vit_base_patch16_224]
  weights: {$ref: "#/$defs/weights", examples: [pretrained]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""

PRETRAINED = "pretrained"
HUB = "hf-hub:"
"""What the name of a network on the hub begins with."""
Made = TypeVar("Made")


def build(model: Model) -> nn.Module:
    """The network, by `timm.create_model`."""
    import timm

    name, arguments = model["name"], model.get("arguments", {})
    if _is_on_hub(name):
        return _fetched(name, lambda: timm.create_model(name, pretrained=False, **arguments))
    check_name("timm", name.split(".")[0], timm.list_models())
    return timm.create_model(name, pretrained=False, **arguments)


def download(model: Model) -> Mapping[str, Tensor]:
    """The weights that timm loads for the name."""
    import timm

    return timm.create_model(model["name"], pretrained=True, **model.get("arguments", {})).state_dict()


def preprocessing(model: Model) -> Callable:
    """What timm resolves from its metadata of the name, and does to images of the network: sizes, crop, mean, std.

    They are those of the published weights; with others, and with random ones, the images are seen in the same way.
    """
    import timm

    name = model["name"]
    if _is_on_hub(name):
        configuration = _fetched(name, lambda: timm.models.load_model_config_from_hf(name.partition(":")[2])[0])
        configuration = timm.data.resolve_data_config(pretrained_cfg=configuration, verbose=False)
        return timm.data.create_transform(**configuration, is_training=False)
    published = timm.get_pretrained_cfg(name)
    if published is None or (model["weights"] == PRETRAINED and not published.has_weights):
        raise LinexpError(f"model: timm has no weights for {name}; give preprocess, and weights: none or a file")
    configuration = timm.data.resolve_data_config(published.to_dict(), verbose=False)
    return timm.data.create_transform(**configuration, is_training=False)


def _is_on_hub(name: str) -> bool:
    return name.startswith(HUB)


def _fetched(name: str, make: Callable[[], Made]) -> Made:
    """What timm makes of the configuration of a network on the hub, from the cache where it is there."""
    return from_cache_or_downloaded(make, f"model: the configuration of {name}", "run it where there is internet")


SOURCE = Source(
    keys=KEYS,
    build=build,
    download=download,
    preprocessing=preprocessing,
    tags=(PRETRAINED,),
    preprocesses_by_name=True,
)
