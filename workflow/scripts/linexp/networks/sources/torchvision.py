"""Networks that torchvision knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import LinexpError
from .source import Model, Source, check_name

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torchvision.models import WeightsEnum

KEYS = """
description: A network that torchvision knows by name.
required: [name, weights]
properties:
  name: {description: Name of the network there., type: string, examples: [resnet50]}
  weights: {$ref: "#/$defs/weights", examples: [IMAGENET1K_V1]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  untrained: {$ref: "#/$defs/untrained"}
"""


def build(model: Model) -> nn.Module:
    """The network, as torchvision builds it for the weights that are loaded into it."""
    import torchvision

    check_name("torchvision", model["name"], torchvision.models.list_models())
    arguments = _published_arguments(model) | model.get("arguments", {})
    return torchvision.models.get_model(model["name"], weights=None, **arguments)


def _published_arguments(model: Model) -> dict[str, Any]:
    """What torchvision builds a network differently for when it loads its own weights into it."""
    import torchvision

    name, choices = model["name"], torchvision.models.get_model_weights(model["name"]).__members__
    if model["weights"] not in choices:
        return {}
    if name == "googlenet":
        return {"transform_input": True, "aux_logits": False, "init_weights": False}
    if name == "inception_v3":
        return {"transform_input": True, "init_weights": False}
    size = choices[model["weights"]].meta.get("min_size")
    if name.startswith("vit_"):
        return {"image_size": size[0]}
    return {"input_size": size} if name.startswith("maxvit") else {}


def download(model: Model) -> Mapping[str, Tensor]:
    """By way of the network, which knows how to rename what old files call differently."""
    import torchvision

    return torchvision.models.get_model(
        model["name"], weights=_weights(model), **model.get("arguments", {})
    ).state_dict()


def preprocessing(model: Model) -> Callable:
    """The transforms that torchvision gives with the weights."""
    return _weights(model).transforms()


def _weights(model: Model) -> WeightsEnum:
    import torchvision

    choices = torchvision.models.get_model_weights(model["name"])
    if model["weights"] not in choices.__members__:
        raise LinexpError(
            f"model.weights: {model['weights']!r} is unknown for {model['name']}; "
            f"use one of {', '.join(choices.__members__)}, or none"
        )
    return choices[model["weights"]]


SOURCE = Source(keys=KEYS, build=build, download=download, preprocessing=preprocessing, tags=None)
