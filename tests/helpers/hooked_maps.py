"""Ablation at places by brute force: a hook puts cells in place of a unit's map in passes of the whole network."""

import math

import numpy as np
import torch
from torch import Tensor, nn


def literal_map(output: Tensor, neuron: int) -> Tensor:
    """View of a unit's map, (n, height, width), in maps (n, neurons, height, width) or tokens, patches last."""
    if output.ndim == 4:
        return output[:, neuron]
    side = math.isqrt(output.shape[1])
    return output[:, -(side**2) :, neuron].unflatten(1, (side, side))


def literal_shares(side: int, grid: int) -> np.ndarray:
    """(side, grid) the part of each value along a map that lies in each cell, counted in fine steps."""
    steps = np.arange(side * grid)
    shares = np.zeros((side, grid))
    np.add.at(shares, (steps // grid, steps // side), 1 / grid)
    return shares


def in_cells(maps: np.ndarray, grid: int, pool: str) -> np.ndarray:
    """(n, grid²) from maps (n, side, side), cell by cell."""
    shares, found = literal_shares(maps.shape[1], grid), []
    for down in shares.T:
        for across in shares.T:
            weight = np.outer(down, across)
            values = maps[:, weight > 0]
            found.append(values.max(axis=1) if pool == "max" else np.average(values, 1, weight[weight > 0]))
    return np.stack(found, axis=1)


@torch.no_grad()
def hooked_map(network: nn.Module, module: str, neuron: int, images: Tensor) -> np.ndarray:
    """(n, height, width) what a unit does in images."""
    found: list[Tensor] = []
    with network.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: found.append(output)):
        network(images)
    return literal_map(found[0], neuron).numpy()


@torch.no_grad()
def hooked_map_losses(
    network, module, neuron, images, labels, cells: np.ndarray | None, temperature: float = 1.0
) -> np.ndarray:
    """(n,) cross-entropy when a unit's map has (n, grid²) values of its cells; None changes nothing."""

    def hook(_module, _inputs, output):
        output = output.clone()
        places = literal_map(output, neuron)
        grid = math.isqrt(cells.shape[1])
        down, across = (literal_shares(side, grid) for side in places.shape[1:])
        put = np.einsum("ya,xb,nab->nyx", down, across, cells.reshape(-1, grid, grid))
        places.copy_(torch.as_tensor(put))
        return output

    with network.get_submodule(module).register_forward_hook(hook if cells is not None else lambda *_: None):
        logits = network(images).double()
    return nn.functional.cross_entropy(logits / temperature, torch.as_tensor(labels), reduction="none").numpy()
