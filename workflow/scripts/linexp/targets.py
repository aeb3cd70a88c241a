"""Models to explain: torchvision, timm, torch hub, a function of the user's, or one that was trained here."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import timm
import torch
import torchvision
from torch import Tensor, nn
from torchvision.transforms import v2

from .errors import LinexpError
from .store import read_json
from .weights import load_weights


def _from_hub(settings: Mapping[str, Any], pretrained: bool) -> nn.Module:
    repo = settings["repo"]
    source = "local" if Path(repo).is_dir() else "github"
    arguments = settings.get("arguments", {})
    return torch.hub.load(repo, settings["name"], source=source, trust_repo=True, pretrained=pretrained, **arguments)


def _from_factory(settings: Mapping[str, Any]) -> nn.Module:
    module, _, function = settings["call"].partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise LinexpError(f"model.call: {settings['call']} cannot be imported ({error})") from error
    return factory(**settings.get("arguments", {}))


def build_network(settings: Mapping[str, Any], seed: int = 0) -> nn.Module:
    """A network with random weights.

    Args:
        settings: the `model` of a target.
        seed: of the random weights, for models that are explained untrained (`weights: none`).
    """
    torch.manual_seed(seed)
    arguments = settings.get("arguments", {})
    match settings["source"]:
        case "torchvision":
            return torchvision.models.get_model(settings["name"], weights=None, **arguments)
        case "timm":
            return timm.create_model(settings["name"], pretrained=False, **arguments)
        case "hub":
            return _from_hub(settings, pretrained=False)
        case "factory":
            return _from_factory(settings)


def download(settings: Mapping[str, Any]) -> dict[str, Tensor]:
    """The published weights that a target names, through the library that offers them."""
    match settings["source"]:
        case "torchvision":
            weights = torchvision.models.get_model_weights(settings["name"])[settings["weights"]]
            return weights.get_state_dict(progress=True, check_hash=True)
        case "timm":
            return timm.create_model(settings["name"], pretrained=True, **settings.get("arguments", {})).state_dict()
        case "hub":
            return _from_hub(settings, pretrained=True).state_dict()


def preprocessing(settings: Mapping[str, Any]) -> Callable:
    """What turns an RGB image into the (3, height, width) float32 tensor that the network was trained on.

    The entry's `preprocess` counts; without it, the metadata of the published weights. Nothing is guessed.
    """
    given = settings.get("preprocess")
    if given:
        return given_preprocessing(**given)
    if settings["source"] == "torchvision":
        return torchvision.models.get_model_weights(settings["name"])[settings["weights"]].transforms()
    configuration = timm.data.resolve_data_config(timm.get_pretrained_cfg(settings["name"]).to_dict(), verbose=False)
    return timm.data.create_transform(**configuration, is_training=False)


def given_preprocessing(
    mean: list[float],
    std: list[float],
    resize: int | None = None,
    crop: int | None = None,
    interpolation: str = "bilinear",
) -> Callable:
    """Resize, crop the centre, scale to [0, 1], normalise.

    With `crop`, `resize` is the length of the shorter side; without it, both sides get that length.
    """
    steps: list[Callable] = [v2.ToImage()]
    if resize:
        size = resize if crop else (resize, resize)
        steps.append(v2.Resize(size, v2.InterpolationMode(interpolation), antialias=True))
    if crop:
        steps.append(v2.CenterCrop(crop))
    return v2.Compose([*steps, v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])


def trained_settings(training: str | Path) -> dict[str, Any]:
    """The settings of a network that the workflow trained, from its `training.json`."""
    return read_json(training)["model"]


def load_target(settings: Mapping[str, Any], weights: str | None, seed: int = 0) -> tuple[nn.Module, Callable]:
    """The network in evaluation mode, on the CPU, and its preprocessing.

    Args:
        settings: the `model` of a target.
        weights: file with the weights, or None to explain the untrained network.
        seed: of the random weights where there is no file.
    """
    network = build_network(settings, seed)
    if weights:
        load_weights(network, weights)
    return network.eval(), preprocessing(settings)
