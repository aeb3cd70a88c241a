"""Networks that torchvision knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any

from ...errors import LinexpError
from .source import Model, Source, check_name, is_weights_file

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torchvision.models import WeightsEnum

TRANSFORM_INPUT = ("googlenet", "inception_v3")
"""Networks that torchvision builds with `transform_input=True` for its own weights alone, which came from elsewhere."""

KEYS = """
description: A network that torchvision knows by name.
required: [name, weights]
properties:
  name: {description: Name of the network there., type: string, examples: [resnet50]}
  weights: {$ref: "#/$defs/weights", examples: [IMAGENET1K_V1]}
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""


def build(model: Model) -> nn.Module:
    """The network, as torchvision builds it for the weights that are loaded into it."""
    import torchvision

    name, arguments = model["name"], model.get("arguments", {})
    check_name("torchvision", name, torchvision.models.list_models())
    defaults = _published_arguments(model)
    if "weights_backbone" in signature(torchvision.models.get_model_builder(name)).parameters:
        defaults["weights_backbone"] = None  # detectors and segmentation take a trained backbone where nothing is said
    return torchvision.models.get_model(name, weights=None, **defaults | arguments)


def check(model: Model, place: str) -> None:
    """Raise a `LinexpError` if a file of weights cannot say how its network takes its input."""
    name, weights = model["name"], model["weights"]
    if name not in TRANSFORM_INPUT or "transform_input" in model.get("arguments", {}):
        return
    if is_weights_file(weights):
        raise LinexpError(
            f"{place}: {name} takes its input in another way with torchvision's own weights, and {weights} does not "
            "say whose it has; give `arguments: {transform_input: true}` for torchvision's, false for others"
        )


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


SOURCE = Source(keys=KEYS, build=build, download=download, preprocessing=preprocessing, tags=None, check=check)
