"""Units by brute force: loops over images and places, and passes of the whole network with a hook."""

import numpy as np
import torch
from torch import Tensor, nn

POOLED = {"avg": np.mean, "max": np.max, "first": lambda values: values[0], "none": lambda values: values[0]}
FIRST_READ = {"all": 0, "patches": 1, "first": 0}


def places_of(image: Tensor, pool: str, channels: str = "first", tokens: str = "all") -> list[tuple]:
    """Where the neurons of each place that is read lie in the output for one image, as indices."""
    if image.ndim == 1:
        return [(slice(None),)]
    if image.ndim == 2:
        n = 1 if pool == "first" or tokens == "first" else len(image)
        return [(place, slice(None)) for place in range(FIRST_READ[tokens], n)]
    height, width = image.shape[1:] if channels == "first" else image.shape[:2]
    cells = [(i, j) for i in range(height) for j in range(width)]
    return [(slice(None), *cell) if channels == "first" else (*cell, slice(None)) for cell in cells]


def literal_read(output: Tensor, encode, pool: str, **places) -> np.ndarray:
    """(n, n_units) float64: `encode` of the neurons at each place, pooled."""
    found = [
        [encode(image[where].double().numpy()) for where in places_of(image, pool, **places)] for image in output.cpu()
    ]
    return np.array([[POOLED[pool](of_unit) for of_unit in np.transpose(image)] for image in found])


def literal_change(output: Tensor, encode, write, unit: int, values, pool: str, replace: str, **places) -> Tensor:
    """The output in which one unit has another value, (n,), in each image.

    Parameters
    ----------
    encode
        (n_units,) of the neurons at a place.
    write
        By which these change when the unit grows by 1.
    """
    changed = output.clone()
    for image, value in zip(changed, values, strict=True):
        all_places = places_of(image, pool, **places)
        before = [encode(image[where].double().numpy())[unit] for where in all_places]
        for where, at_place in zip(all_places, before, strict=True):
            amount = value - (POOLED[pool](before) if replace == "shift" else at_place)
            image[where] += torch.as_tensor(amount * write(image[where].double().numpy(), unit)).to(image)
    return changed


@torch.no_grad()
def hooked(network: nn.Module, module: str, images: Tensor, change=lambda output: output) -> np.ndarray:
    """(n, n_classes) logits of a pass of the whole network in which the output of a module is changed."""
    with network.get_submodule(module).register_forward_hook(lambda _m, _i, output: change(output)):
        return network(images.to(next(network.parameters()))).double().numpy()


@torch.no_grad()
def output_of(network: nn.Module, module: str, images: Tensor) -> Tensor:
    found: list[Tensor] = []
    hooked(network, module, images, lambda output: found.append(output.clone()))
    return found[0]
