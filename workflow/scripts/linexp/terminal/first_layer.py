"""The layer of a network to begin with: the last one before its maps or tokens become one row of numbers."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import LinexpError

PASSING = (nn.Identity, nn.Dropout, nn.AdaptiveAvgPool2d)
"""Modules that hand on or average what the module before them has said."""


@dataclass(frozen=True)
class FirstLayer:
    """A layer as an entry of the configuration has it, and its number of neurons."""

    module: str
    pool: str
    channels: str
    neurons: int


@torch.inference_mode()
def first_layer(network: nn.Module, image: Tensor) -> FirstLayer:
    """The module that ends last among those that run once and give maps or tokens.

    Parameters
    ----------
    image
        (3, height, width), as the network takes it.

    Raises
    ------
    LinexpError
        There is no such module.
    """
    runs: dict[str, list[tuple[int, ...]]] = {}
    for name, module in network.named_modules():
        if name and not isinstance(module, PASSING):
            module.register_forward_hook(lambda _module, _given, output, name=name: _keep(runs, name, output))
    network.eval()(image[None])
    shapes = {name: found[0] for name, found in runs.items() if len(found) == 1 and _has_places(found[0])}
    if not shapes:
        raise LinexpError("--model: it has no layer with maps or tokens; leave it out, and name a layer in config.yaml")
    name, shape = next(reversed(shapes.items()))
    if len(shape) == 3:
        has_class_token = any(part.endswith(("cls_token", "class_token")) for part, _ in network.named_parameters())
        return FirstLayer(name, "first" if has_class_token else "avg", "first", shape[-1])
    is_last = shape[1] == shape[2] != shape[3]
    return FirstLayer(name, "avg", "last" if is_last else "first", shape[-1 if is_last else 1])


def _keep(runs: dict[str, list[tuple[int, ...]]], name: str, output) -> None:
    if isinstance(output, Tensor):
        runs.setdefault(name, []).append(tuple(output.shape))


def _has_places(shape: tuple[int, ...]) -> bool:
    """Whether an output is (1, channels, height, width), in any order, or (1, tokens, channels), of several places."""
    return (len(shape) == 4 and sorted(shape)[1:3] != [1, 1]) or (len(shape) == 3 and shape[1] > 1)
