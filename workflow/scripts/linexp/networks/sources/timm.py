"""Networks that timm knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...errors import LinexpError
from .source import Model, Source, check_name

if TYPE_CHECKING:
    from torch import Tensor, nn

KEYS = """
description: A network that timm knows by name.
required: [name, weights]
properties:
  name:
    description: Name of the network there, with or without the tag of its weights.
    type: string
    examples: [vit_base_patch16_224]
  weights: {$ref: "#/$defs/weights", examples: [pretrained]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  untrained: {$ref: "#/$defs/untrained"}
"""


def build(model: Model) -> nn.Module:
    """The network, by `timm.create_model`."""
    import timm

    check_name("timm", model["name"].split(".")[0], timm.list_models())
    return timm.create_model(model["name"], pretrained=False, **model.get("arguments", {}))


def download(model: Model) -> Mapping[str, Tensor]:
    """The weights that timm loads for the name."""
    import timm

    return timm.create_model(model["name"], pretrained=True, **model.get("arguments", {})).state_dict()


def preprocessing(model: Model) -> Callable:
    """What timm resolves from the metadata of the weights."""
    import timm

    published = timm.get_pretrained_cfg(model["name"])
    if published is None or not published.has_weights:
        raise LinexpError(
            f"model: timm has no weights for {model['name']}; give preprocess, and weights: none or a file"
        )
    configuration = timm.data.resolve_data_config(published.to_dict(), verbose=False)
    return timm.data.create_transform(**configuration, is_training=False)


SOURCE = Source(keys=KEYS, build=build, download=download, preprocessing=preprocessing, tags=("pretrained",))
