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
WITHOUT_EPS = (
    "fasterrcnn_resnet50_fpn",
    "keypointrcnn_resnet50_fpn",
    "maskrcnn_resnet50_fpn",
    "retinanet_resnet50_fpn",
)
"""Detectors whose batch norms have an eps of 0 with the weights COCO_V1 alone, as when these were trained."""
OPTIONAL = {
    "aux_classifier.": "aux_loss",
    "aux1.": "aux_logits",
    "aux2.": "aux_logits",
    "AuxLogits.": "aux_logits",
}
"""The arguments that add second outputs for training to FCN and DeepLabV3, to GoogLeNet and to Inception."""
QUANTIZED = "quantized_"
"""What the names of networks that can also compute with integers begin with."""

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
    from torch import nn

    name, arguments = model["name"], model.get("arguments", {})
    check_name("torchvision", name, torchvision.models.list_models())
    defaults = _published_arguments(model)
    if "weights_backbone" in signature(torchvision.models.get_model_builder(name)).parameters:
        defaults["weights_backbone"] = None  # detectors and segmentation take a trained backbone where nothing is said
    network = torchvision.models.get_model(name, weights=None, **defaults | arguments)
    if name in WITHOUT_EPS and _published(model) == "COCO_V1":
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 0.0
    return network


def check(model: Model, place: str) -> None:
    """Raise a `LinexpError` if weights do not say how their network computes, or if it computes with integers."""
    name, weights, arguments = model["name"], model["weights"], model.get("arguments", {})
    float_name, is_file = name.removeprefix(QUANTIZED), is_weights_file(weights)
    if name.startswith(QUANTIZED) and (arguments.get("quantize") or not (is_file or weights == "none")):
        raise LinexpError(
            f"{place}: {name} computes with integers then; give `name: {float_name}`, of which it is made"
        )
    if is_file and float_name in TRANSFORM_INPUT and "transform_input" not in arguments:
        raise LinexpError(
            f"{place}: {name} takes its input in another way with torchvision's own weights, and {weights} does not "
            "say whose it has; give `arguments: {transform_input: true}` for torchvision's, false for others"
        )
    if is_file and name in WITHOUT_EPS:
        raise LinexpError(
            f"{place}: batch norms of {name} have another eps with torchvision's own weights, and {weights} does not "
            "say whether it comes from those; give `weights: COCO_V1`, or a `source: factory` that sets it"
        )


def _published_arguments(model: Model) -> dict[str, Any]:
    """What torchvision builds a network differently for when it loads its own weights into it."""
    import torchvision

    name, published = model["name"], _published(model)
    if published is None:
        return {}
    if name == "googlenet":
        return {"transform_input": True, "aux_logits": False, "init_weights": False}
    if name == "inception_v3":
        return {"transform_input": True, "init_weights": False}
    if name in torchvision.models.list_models(torchvision.models.segmentation, exclude="lraspp*"):
        return {"aux_loss": True}
    size = torchvision.models.get_model_weights(name)[published].meta.get("min_size")
    if name.startswith("vit_"):
        return {"image_size": size[0]}
    return {"input_size": size} if name.startswith("maxvit") else {}


def _published(model: Model) -> str | None:
    """The name of a model's weights if they are torchvision's own, and not another name for them."""
    import torchvision

    choices = torchvision.models.get_model_weights(model["name"]).__members__
    return choices[model["weights"]].name if model["weights"] in choices else None


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


SOURCE = Source(
    keys=KEYS,
    build=build,
    download=download,
    preprocessing=preprocessing,
    tags=None,
    optional=OPTIONAL,
    check=check,
)
