"""Models to explain: torchvision, timm, torch hub, a function of the user's, or one that was trained here."""

import difflib
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
from torchvision.models import WeightsEnum
from torchvision.transforms import v2

from ..artifacts.store import read_json
from ..artifacts.weights import load_weights
from ..errors import LinexpError


def _from_hub(settings: Mapping[str, Any], pretrained: bool) -> nn.Module:
    repo = settings["repo"]
    source = "local" if Path(repo).is_dir() else "github"
    arguments = settings.get("arguments", {})
    if source == "local" and not Path(repo, "hubconf.py").is_file():
        raise LinexpError(f"model.repo: {repo} has no hubconf.py; give a folder that has one, or owner/name on GitHub")
    return torch.hub.load(repo, settings["name"], source=source, trust_repo=True, pretrained=pretrained, **arguments)


def _torchvision_weights(settings: Mapping[str, Any]) -> WeightsEnum:
    choices = torchvision.models.get_model_weights(settings["name"])
    if settings["weights"] not in choices.__members__:
        raise LinexpError(
            f"model.weights: {settings['weights']!r} is unknown for {settings['name']}; "
            f"use one of {', '.join(choices.__members__)}, or none"
        )
    return choices[settings["weights"]]


def _published_arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What torchvision builds a network differently for when it loads its own weights into it."""
    name, choices = settings["name"], torchvision.models.get_model_weights(settings["name"]).__members__
    if settings["weights"] not in choices:
        return {}
    if name == "googlenet":
        return {"transform_input": True, "aux_logits": False, "init_weights": False}
    if name == "inception_v3":
        return {"transform_input": True, "init_weights": False}
    size = choices[settings["weights"]].meta.get("min_size")
    if name.startswith("vit_"):
        return {"image_size": size[0]}
    return {"input_size": size} if name.startswith("maxvit") else {}


def _from_factory(settings: Mapping[str, Any]) -> nn.Module:
    module, _, function = settings["call"].partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise LinexpError(f"model.call: {settings['call']} cannot be imported ({error}); correct it") from error
    return factory(**settings.get("arguments", {}))


def build_network(settings: Mapping[str, Any], seed: int = 0) -> nn.Module:
    """A network with random weights.

    Args:
        settings: the `model` of a target.
        seed: of the random weights, for models that are explained untrained (`weights: none`).

    Raises:
        LinexpError: there is no such network, or it does not take the arguments.
    """
    torch.manual_seed(seed)
    arguments = settings.get("arguments", {})
    what = settings.get("name", settings.get("call"))
    try:
        match settings["source"]:
            case "torchvision":
                _known("torchvision", what, torchvision.models.list_models())
                arguments = _published_arguments(settings) | arguments
                network = torchvision.models.get_model(what, weights=None, **arguments)
            case "timm":
                _known("timm", what.split(".")[0], timm.list_models())
                network = timm.create_model(what, pretrained=False, **arguments)
            case "hub":
                network = _from_hub(settings, pretrained=False)
            case "factory":
                network = _from_factory(settings)
    except (TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:100]
        raise LinexpError(f"model: {what} cannot be built ({reason}); check its name and arguments") from error
    if not isinstance(network, nn.Module):
        raise LinexpError(f"model: {what} returns a {type(network).__name__}; it has to return a torch.nn.Module")
    return network


def _known(library: str, name: str, names: list[str]) -> None:
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
        raise LinexpError(f"model.name: {name!r} is not a model of {library}; did you mean {close!r}?")


def download(settings: Mapping[str, Any]) -> dict[str, Tensor]:
    """The published weights that a target names, through the library that offers them."""
    match settings["source"]:
        case "torchvision":
            # by way of the network, which knows how to rename what old files call differently
            weights, arguments = _torchvision_weights(settings), settings.get("arguments", {})
            return torchvision.models.get_model(settings["name"], weights=weights, **arguments).state_dict()
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
        return _torchvision_weights(settings).transforms()
    published = timm.get_pretrained_cfg(settings["name"])
    if published is None or not published.has_weights:
        raise LinexpError(
            f"model: timm has no weights for {settings['name']}; give preprocess, and weights: none or a file"
        )
    configuration = timm.data.resolve_data_config(published.to_dict(), verbose=False)
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


def open_target(model: Mapping[str, Any], files: Mapping[str, Any], seed: int) -> tuple[nn.Module, Callable]:
    """A target's network from the files that it was made of, as `load_target` gives it.

    Args:
        model: its entry in the configuration.
        files: `weights`, where there are any, and the `training` of a network that the workflow trained, which has its
            settings.
    """
    settings = read_json(files["training"])["model"] if files.get("training") else model
    return load_target(settings, files.get("weights") or None, seed)
