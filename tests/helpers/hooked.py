"""Ablation by brute force: forward passes of the whole network in which a hook replaces one neuron's activation."""

import numpy as np
import torch
from torch import Tensor, nn

POOLED = {
    "avg": lambda maps: maps.flatten(1).mean(1),
    "max": lambda maps: maps.flatten(1).amax(1),
    "first": lambda tokens: tokens[:, 0],
    "none": lambda scalars: scalars,
}


@torch.no_grad()
def hooked_logits(
    network: nn.Module,
    module: str,
    neuron: int,
    images: Tensor,
    values: np.ndarray | None,
    pool: str = "avg",
    replace: str = "shift",
) -> Tensor:
    """(n, n_classes) float64 when the pooled value of a neuron is (n,) `values`; None changes nothing."""

    def hook(_module, _inputs, output):
        if values is None:
            return output
        output = output.clone()
        view = output[:, neuron] if output.ndim == 4 else output[..., neuron]
        wanted = torch.as_tensor(values).to(output)
        amount = wanted - POOLED[pool](view) if replace == "shift" else wanted
        places = view[:, 0] if pool == "first" else view
        amount = amount.reshape(-1, *[1] * (places.ndim - 1))
        places.copy_(places + amount if replace == "shift" else amount.expand_as(places))
        return output

    with network.get_submodule(module).register_forward_hook(hook):
        return network(images).double()


def hooked_losses(network, module, neuron, images, labels, values, temperature: float = 1.0, **how) -> np.ndarray:
    """(n,) cross-entropy of the images with the logits of `hooked_logits`."""
    logits = hooked_logits(network, module, neuron, images, values, **how)
    return nn.functional.cross_entropy(logits / temperature, torch.as_tensor(labels), reduction="none").numpy()


@torch.no_grad()
def hooked_activations(network: nn.Module, module: str, images: Tensor, pool: str = "avg") -> np.ndarray:
    """(n, n_neurons) pooled activations of a layer."""
    found = []
    with network.get_submodule(module).register_forward_hook(lambda _module, _inputs, output: found.append(output)):
        network(images)
    axis = 1 if found[0].ndim == 4 else -1
    return np.stack([POOLED[pool](found[0].select(axis, k)).numpy() for k in range(found[0].shape[axis])], axis=1)


def hooked_alpha(losses, mean: float, values: np.ndarray) -> float:
    """α_init of Eq. 12 from `losses(values)`, which takes (n,) values or None."""
    before = losses(None)
    changed = np.abs(losses(values) - before).sum()
    return 1 - changed / np.abs(losses(np.full(len(values), mean)) - before).sum()
