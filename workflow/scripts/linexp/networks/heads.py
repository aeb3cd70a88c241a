"""Is what follows a layer one linear map? Then a change of a neuron changes the logits by a multiple of one vector."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .outputs import logits_of
from .parts import Key, layer_output, with_part
from .recording import check_rows, check_used_once, find_module, takes_no_part, watched
from .units.units import Units

NOISE_SCALES = (0.0, 1.0, 100.0)
"""Noise that replaces the layer's output in turn, relative to its largest value; 0: the output itself."""


@torch.inference_mode()
def layer_and_logits(
    network: nn.Module,
    module: str,
    images: Tensor,
    change: Callable[[Tensor], Tensor] | None = None,
    part: Key | None = None,
) -> tuple[Tensor, Tensor]:
    """The output of a layer and the logits (n, n_classes), in one pass of the whole network.

    Parameters
    ----------
    network
        In evaluation mode.
    module
        Dotted path of the layer's module.
    images
        (n, 3, height, width).
    change
        What the network goes on with instead of the layer's output.
    part
        Of what the module returns, where that is no tensor: the layer's output.

    Returns
    -------
    tuple[Tensor, Tensor]
        The output as it goes on (a copy), and the logits.

    Raises
    ------
    LinexpError
        There is no such module, it is not used exactly once, or an output is not a tensor of n rows.
    """
    passed: list[Tensor] = []

    def hook(_module, _inputs, output):
        found = layer_output(module, output, part)
        changed = change(found) if change else found
        passed.append(changed.clone())
        return with_part(output, part, changed)

    with find_module(network, module).register_forward_hook(hook):
        logits = logits_of(network, images)
    if not passed:
        raise takes_no_part(module)
    if len(passed) > 1:
        check_used_once(network, module, images, part)
    check_rows(module, passed[0], len(images))
    return passed[0], logits


def linear_head(
    network: nn.Module, module: str, units: Units, images: Tensor, part: Key | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """The `nn.Linear` that makes the logits of the pooled output of a layer, if that is all that follows the layer.

    Of units that are not neurons, the weights say by how much the logits change with them.

    It is found on images, and again with noise of both signs as the layer's output, which tells it from a network that
    has a ReLU, a normalisation or another pooling in between.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use.
    module
        Dotted path of the layer's module.
    units
        Of the layer.
    images
        (n, 3, height, width), a few.
    part
        As for `layer_and_logits`.

    Returns
    -------
    tuple[NDArray[np.float32], NDArray[np.float32]] | None
        Weight (n_classes, n_units) and bias (n_classes,), or None if the logits are anything else.

    Raises
    ------
    LinexpError
        See `layer_and_logits` and `Units.read`.
    """
    generator = torch.Generator().manual_seed(0)
    found = None
    for scale in NOISE_SCALES:
        noise = partial(_noise, scale, generator) if scale else None
        found = _last_linear(network, module, units, images, noise, part)
        if found is None:
            return None
    weight = units.head_weights(found.weight.detach())
    if weight is None:
        return None
    bias = torch.zeros(len(weight)) if found.bias is None else found.bias
    return tuple(tensor.detach().float().cpu().numpy() for tensor in (weight, bias))


def _noise(scale: float, generator: torch.Generator, output: Tensor) -> Tensor:
    """Noise instead of a layer's output: per place, and per image so that it does not average out."""
    shapes = output.shape, (len(output), *[1] * (output.ndim - 1))
    drawn = sum(torch.randn(shape, generator=generator, dtype=output.dtype) for shape in shapes)
    return drawn.to(output) * scale * (1 + output.abs().max())


@torch.inference_mode()
def _last_linear(network, module, units, images, change, part) -> nn.Linear | None:
    """The linear map whose input is the pooled output of the layer and whose output is the network's, in one pass."""
    calls: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def remember(_path, other, inputs, output):
        if isinstance(other, nn.Linear) and output.ndim == 2:
            calls.append((other, inputs[0], output))

    with watched(network, remember):
        output, logits = layer_and_logits(network, module, images, change, part)
    pooled = units.neurons(output)
    rounding = 100 * torch.finfo(output.dtype).eps * output.abs().max()
    for linear, taken, given in calls:
        if (
            taken.shape == pooled.shape
            and ((taken - pooled).abs() <= rounding).all()
            and torch.equal(given, logits)
            and torch.equal(given, functional.linear(taken, linear.weight, linear.bias))
        ):
            return linear
    return None
