"""Networks of Hugging Face transformers, by their name on the hub or from a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import LinexpError
from ...jobs.downloads import from_cache_or_downloaded
from .source import Model, Source

if TYPE_CHECKING:
    from torch import Tensor, nn

KEYS = """
description: A network of Hugging Face transformers.
required: [name, weights]
properties:
  name:
    description: Its name on the hub, or a folder that it was saved to.
    type: string
    examples: [facebook/dinov2-base]
  weights: {$ref: "#/$defs/weights", examples: [pretrained]}
  architecture:
    description: Its class in transformers; left out, what its configuration names.
    type: string
    pattern: "^[A-Za-z]\\\\w*$(?!\\\\n)"
    examples: [CLIPVisionModel]
  arguments: {$ref: "#/$defs/arguments"}
  preprocess: {$ref: "#/$defs/preprocess"}
  output: {$ref: "#/$defs/output"}
  untrained: {$ref: "#/$defs/untrained"}
"""
FILES = ("*.json", "*.safetensors", "*.bin")
"""What a folder has that a network was saved to."""
Made = TypeVar("Made")


def build(model: Model) -> nn.Module:
    """The network of its configuration, in float32."""
    network = _class(model)
    return network(_configuration(model, network))


def download(model: Model) -> Mapping[str, Tensor]:
    """The weights of the hub or the folder; the processor of images is fetched with them, for the jobs that need it."""
    import torch

    network = _class(model)
    configuration = _configuration(model, network)
    if "preprocess" not in model:
        preprocessing(model)
    loaded, said = network.from_pretrained(
        model["name"], config=configuration, dtype=torch.float32, output_loading_info=True
    )
    if said["missing_keys"]:
        lacking = f"have no {min(said['missing_keys'])}, which {network.__name__} needs"
        raise LinexpError(f"model: the weights of {model['name']} {lacking}; give the architecture that they are of")
    return loaded.state_dict()


def preprocessing(model: Model) -> Callable:
    """What its own processor makes of an image."""
    from transformers import AutoImageProcessor

    processor = _fetched(model, "the image processor", lambda: AutoImageProcessor.from_pretrained(model["name"]))
    return lambda image: processor(images=image, return_tensors="pt")["pixel_values"][0]


def _class(model: Model) -> Any:
    """The class in transformers that the network is of; a `LinexpError` if it does not take images alone."""
    import transformers

    name = model.get("architecture")
    if name is None:
        configuration = _fetched(
            model, "the configuration", lambda: transformers.AutoConfig.from_pretrained(model["name"])
        )
        name = next(iter(configuration.architectures or ()), None)
    if name is None:
        raise LinexpError(f"model: the configuration of {model['name']} names no architecture; give architecture")
    found: Any = getattr(transformers, name, None)
    if getattr(found, "config_class", None) is None:
        raise LinexpError(f"model.architecture: {name} is not a network of transformers; give the name of its class")
    if found.main_input_name != "pixel_values":
        raise LinexpError(
            f"model.architecture: {name} takes {found.main_input_name}, not images; "
            "give that of its vision part, such as CLIPVisionModel"
        )
    return found


def _configuration(model: Model, network: Any) -> Any:
    """The configuration of a network, with the arguments of the entry in it."""
    arguments = model.get("arguments", {})
    return _fetched(
        model, "the configuration", lambda: network.config_class.from_pretrained(model["name"], **arguments)
    )


def _fetched(model: Model, what: str, make: Callable[[], Made]) -> Made:
    """What is made of files of a folder or the hub, from its cache where they are there."""
    name = model["name"]
    try:
        return from_cache_or_downloaded(
            make, f"model: {what} of {name}", "run it where there is internet, or give a folder"
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        raise LinexpError(f"model.name: {what} of {name} cannot be read ({reason}); correct the name") from error


def code(model: Model) -> list[str]:
    """The files of a folder, which its network and weights are made from."""
    folder = Path(model["name"])
    return sorted(str(path) for pattern in FILES for path in folder.glob(pattern)) if folder.is_dir() else []


SOURCE = Source(keys=KEYS, build=build, download=download, preprocessing=preprocessing, tags=("pretrained",), code=code)
