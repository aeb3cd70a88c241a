"""Networks to explain, with what they are made of and how they see an image."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from ..artifacts.store import read_json
from ..artifacts.weights import load_weights
from ..errors import LinexpError, shortened
from ..jobs import write_errors
from ..jobs.downloads import downloading, said_in_one_line
from .parts import logits_in
from .repositories import with_code
from .sources import SOURCES
from .sources.source import check_network
from .user_code import raised_in

_WHERE_THERE_IS_INTERNET = "run it where there is internet"


def build_network(settings: Mapping[str, Any], seed: int = 0) -> nn.Module:
    """A network with random weights, which returns its logits where they are a part of what it computes.

    Parameters
    ----------
    settings
        The `model` of a target.
    seed
        Of the random weights, for models that are explained untrained (`weights: none`).

    Raises
    ------
    LinexpError
        There is no such network, or it does not take the arguments.
    """
    torch.manual_seed(seed)
    source = SOURCES[settings["source"]]
    what = settings[source.name_key]
    # a function of the user's may download something, whatever it is asked for
    with _told(settings), said_in_one_line(f"model: what {what} loads", _WHERE_THERE_IS_INTERNET):
        network = check_network(source.build(settings), what)
    _run_as_written(network)
    key = settings.get("output")
    network.register_forward_hook(lambda _network, _images, output: logits_in(output, key))
    return network


def _run_as_written(network: nn.Module) -> None:
    """Let a network's modules run as they are written, on one device, so that a hook is called once, with all images.

    `torch.compile` keeps what it made of a module when a hook comes later, and `DataParallel` hands out copies.
    """
    if "torch._dynamo" in sys.modules:  # nothing is compiled without it, and it takes seconds to load
        torch.compiler.set_stance("force_eager")
    for module in network.modules():
        if isinstance(module, nn.DataParallel):
            module.device_ids = []


def download(settings: Mapping[str, Any], files: Mapping[str, Any]) -> Mapping[str, Tensor]:
    """The published weights that a target names, through the library that offers them.

    Parameters
    ----------
    settings
        The `model` of a target.
    files
        `repository`, the archive with its code, where that is in one.
    """
    source = SOURCES[settings["source"]]
    what = f"the {settings[source.weights_key]} weights of {settings[source.name_key]}"
    settings = with_code(settings, files.get("repository"))
    with _told(settings), downloading(what, f"{_WHERE_THERE_IS_INTERNET}, or give a file"):
        return source.download(settings)


@contextmanager
def _told(settings: Mapping[str, Any]) -> Iterator[None]:
    """Turn an error of the code that builds a network, or of its arguments, into a `LinexpError`.

    What is raised within the user's code is told with its place, whatever it is; of other code, what wrong names and
    arguments lead to.
    """
    source = SOURCES[settings["source"]]
    what, folder = settings[source.name_key], settings.get("folder") or settings.get("repo") or "."
    try:
        yield
    except ImportError as error:
        raise LinexpError(f"model: the code of {what} imports what is not there ({error}); install it") from error
    except Exception as error:
        place = None if isinstance(error, LinexpError) else raised_in(error, folder)
        reason = shortened(" ".join(str(error).split()), 100)
        if place and not write_errors.explained(error, "a file"):
            raised = f"model: {what} raised {type(error).__name__}: {reason} ({place})"
            raise LinexpError(f"{raised}; correct it there, or what it is called with") from error
        if isinstance(error, TypeError | ValueError | RuntimeError):
            raise LinexpError(f"model: {what} cannot be built ({reason}); check its name and arguments") from error
        raise


def preprocessing(settings: Mapping[str, Any]) -> Callable:
    """What turns an RGB image into the (3, height, width) float32 tensor that the network was trained on.

    The entry's `preprocess` counts; without it, the metadata of the published weights. Nothing is guessed.
    """
    given = settings.get("preprocess")
    return given_preprocessing(**given) if given else SOURCES[settings["source"]].preprocessing(settings)


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

    Parameters
    ----------
    settings
        The `model` of a target.
    weights
        File with the weights, or None to explain the untrained network.
    seed
        Of the random weights where there is no file.
    """
    network = build_network(settings, seed)
    if weights:
        load_weights(network, weights, SOURCES[settings["source"]].optional)
    return network.eval(), preprocessing(settings)


def open_target(model: Mapping[str, Any], files: Mapping[str, Any], seed: int) -> tuple[nn.Module, Callable]:
    """A target's network from the files that it was made of, as `load_target` gives it.

    Parameters
    ----------
    model
        Its entry in the configuration.
    files
        `weights`, where there are any; the `training` of a network that the workflow trained, which has its settings;
        `repository`, the archive with its code, where that is in one.
    """
    return load_target(_opened(model, files), files.get("weights") or None, seed)


def open_preprocessing(model: Mapping[str, Any], files: Mapping[str, Any]) -> Callable:
    """The preprocessing of a target alone; its weights need not be there."""
    return preprocessing(_opened(model, files))


def _opened(model: Mapping[str, Any], files: Mapping[str, Any]) -> Mapping[str, Any]:
    """A target's settings, of a network that the workflow trained those of its training, with the code at hand."""
    settings = read_json(files["training"])["model"] if files.get("training") else model
    return with_code(settings, files.get("repository"))
