"""What the modules of a network give in one forward pass: which of them are layers that can be explained, and how."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import LinexpError
from .heads import linear_head
from .outputs import run
from .parts import Key, tensors_in
from .recording import neurons_axis, watched
from .sources.source import check_python
from .tails import split_network
from .units.neurons import Neurons
from .units.pooling import POOLS

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Surveyed:
    """A module as a forward pass found it.

    Attributes
    ----------
    path
        Dotted, as `module` in the configuration.
    kind
        Name of its class.
    output
        Shape of what it gives for one image, or the type if that is no tensor with a row an image.
    runs
        How often it runs in a forward pass.
    channels
        Where the neurons of a map are, `first` or `last`.
    linear
        The poolings behind which one linear map makes the logits.
    part
        The first tensor with a row an image in what it returns, where that is a tuple, a mapping or an object.
    """

    path: str
    kind: str
    output: tuple[int, ...] | str
    runs: int
    channels: str = "first"
    linear: tuple[str, ...] = ()
    part: Key | None = None

    @property
    def neurons(self) -> int | None:
        """How many there are; None if the output cannot be explained."""
        if isinstance(self.output, str) or len(self.output) + 1 not in POOLS:
            return None
        return self.output[0] if len(self.output) == 3 and self.channels == "first" else self.output[-1]

    @property
    def pools(self) -> tuple[str, ...]:
        """The poolings that fit."""
        return () if self.neurons is None else POOLS[len(self.output) + 1]


@torch.inference_mode()
def survey(network: nn.Module, images: Tensor, channels: str = "first") -> list[Surveyed]:
    """All modules of a network but the network itself, in its order.

    Parameters
    ----------
    network
        In evaluation mode.
    images
        (n, 3, height, width), two or more.
    channels
        Where the neurons of 4-axis maps are if nothing tells (`neurons_axis`).

    Raises
    ------
    LinexpError
        It is TorchScript, or fails on the images.
    """
    check_python(network, "model: the network")
    outputs, into_last = _outputs(network, images)
    return [
        _surveyed(network, images, path, module, outputs[path], into_last, channels)
        for path, module in network.named_modules()
        if path
    ]


def _outputs(network: nn.Module, images: Tensor) -> tuple[dict[str, list], Tensor | None]:
    """What every module gave in one pass, and what the linear map took that gave the logits, if one did."""
    outputs, linear = defaultdict(list), []

    def remember(path, module, inputs, output):
        outputs[path].append(output.detach() if isinstance(output, Tensor) else output)
        if isinstance(module, nn.Linear):
            linear.append((inputs[0], output))

    with watched(network, remember):
        logits = run(network, images)
    is_one = isinstance(logits, Tensor)  # a network without classes gives features, in one tensor or several
    return outputs, next((taken for taken, given in linear if is_one and torch.equal(given, logits)), None)


def _surveyed(network, images, path, module, outputs, into_last, channels) -> Surveyed:
    last, part = _layer_in(outputs[-1] if outputs else None, len(images))
    if not isinstance(last, Tensor) or len(last) != len(images):
        shown = "–" if last is None else "rows of its own" if isinstance(last, Tensor) else type(last).__name__
        return Surveyed(path, type(module).__name__, shown, len(outputs))
    shape = tuple(last.shape[1:])
    if len(shape) == 3:
        channels = neurons_axis(network, path, images, shape) or channels
    found = Surveyed(path, type(module).__name__, shape, len(outputs), channels, part=part)
    if into_last is None or found.runs != 1:
        return found
    linear = (
        pool
        for pool in found.pools
        if _close(Neurons(pool, channels).read(last), into_last)
        and linear_head(network, path, Neurons(pool, channels), images, part) is not None
    )
    return replace(found, linear=tuple(linear))


def _layer_in(output: Any, n_images: int) -> tuple[Any, Key | None]:
    """An output, or the first part of it that can be a layer, with its name or number."""
    if isinstance(output, Tensor):
        return output, None
    parts = tensors_in(output).items()
    return next(((part, key) for key, part in parts if part.ndim in POOLS and len(part) == n_images), (output, None))


def _close(pooled: Tensor, taken: Tensor) -> bool:
    return pooled.shape == taken.shape and bool(((pooled - taken).abs() <= TOLERANCE * (1 + taken.abs().max())).all())


def why_not_replayed(network: nn.Module, found: list[Surveyed], images: Tensor) -> str | None:
    """Why the ablation of layers without a linear tail cannot be scored; None if it can.

    Parameters
    ----------
    found
        The network's modules.
    """
    deep = [module for module in found if module.neurons and module.runs == 1 and not module.linear]
    if not deep:
        return None
    first = next((module for module in deep if module.part is None), deep[0])
    try:
        split_network(network, first.path, images, first.part)
    except LinexpError as error:
        return str(error)
    return None
