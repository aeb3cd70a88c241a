"""Training small sparse autoencoders on a layer's activations, to have one to try."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import LinexpError
from ..jobs.gpu_memory import map_what_fits
from ..jobs.progress import progress
from ..jobs.runtime import device
from .recording import run_to_module
from .units.pooling import neurons_last
from .units.reconstruction import Counted, Reconstruction
from .units.trained import encoder_of

MOST_VALUES = 50_000_000
"""Of activations to learn from: images have fewer places where all would be more."""

AUXILIARY = 1 / 32
"""Weight of the loss by which dead features come back (Gao et al., 2024)."""
DEAD_AFTER = 20
"""Batches in which a feature has not been active."""


@torch.inference_mode()
def sampled_places(
    network: nn.Module, layer: Mapping[str, Any], batches: Iterable[Tensor], n_images: int, seed: int
) -> Tensor:
    """Activations of a layer at places of images, (n, width) float32 on the CPU.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use.
    layer
        Its `module`, `channels` and `output`, if it has one.
    batches
        (n, 3, height, width) images, `n_images` in all.
    seed
        Of the places that are drawn of an image, where all of all images are more than `MOST_VALUES` values.
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(batch: Tensor) -> Tensor:
        places = _places(output_of(batch), layer["channels"])
        most = max(1, MOST_VALUES // (n_images * places.shape[2]))
        if places.shape[1] > most:
            order = torch.rand(places.shape[:2], generator=generator).argsort(dim=1)[:, :most]
            places = torch.take_along_dim(places, order.to(places.device)[..., None], dim=1)
        return places.flatten(0, 1).float().cpu()

    with run_to_module(network, layer["module"], layer["channels"], layer.get("output")) as output_of:
        return torch.cat(list(map_what_fits(drawn, batches)))


def _places(output: Tensor, channels: str) -> Tensor:
    """A layer's output as (n, places, width)."""
    output = neurons_last(output, channels)
    return output.flatten(1, -2) if output.ndim > 2 else output[:, None]


def train_sae(activations: Tensor, settings: Mapping[str, Any], seed: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Train a batch-top-k sparse autoencoder (Bussmann et al., 2024).

    A place x has the features f = ReLU((x − b_dec)·W_enc + b_enc), of which the k·n highest of a batch of n places are
    kept, and is reconstructed as f·W_dec + b_dec. Afterwards those above a threshold are kept instead, the mean over
    batches of the lowest that was: so an image's features do not depend on others.

    Parameters
    ----------
    activations
        (n, width) float32, of places.
    settings
        `features`, `k`, `epochs`, `batch_size`, `learning_rate`.

    Returns
    -------
    tuple[dict[str, Tensor], dict[str, Any]]
        `W_enc` (width, features), `b_enc`, `W_dec` (features, width) with rows of length 1, `b_dec` and the scalar
        `threshold`, float32 on the CPU; and the record for `training.json`.

    Raises
    ------
    LinexpError
        There is no batch of places, they never vary, or the loss is not finite.
    """
    size, k, epochs = settings["batch_size"], settings["k"], settings["epochs"]
    if len(activations) < size:
        raise LinexpError(f"{len(activations)} places do not fill a batch of {size}; lower batch_size")
    mean = activations.mean(dim=0)
    spread = float((activations - mean).square().sum(dim=1).mean())
    if not spread > 0:
        raise LinexpError("the activations never vary, so there is nothing to learn; take another layer")
    scale = (activations.shape[1] / spread) ** 0.5  # of what is learned on, so that one rate does for every layer
    sae = _initial(mean * scale, settings["features"], torch.Generator().manual_seed(seed))
    optimizer = torch.optim.Adam(sae.values(), lr=settings["learning_rate"], betas=(0.9, 0.999))
    rng = np.random.default_rng(seed)
    full = len(activations) // size * size
    batches = [part for _ in range(epochs) for part in rng.permutation(len(activations))[:full].reshape(-1, size)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings["learning_rate"], total_steps=len(batches))
    silent = torch.zeros(settings["features"], dtype=torch.int64, device=device())
    losses = []
    for rows in progress(batches, full * epochs, "place", "training the sparse autoencoder"):
        x = activations[rows].to(device()) * scale
        loss, silent = _loss(sae, x, k, silent)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            sae["W_dec"] /= sae["W_dec"].norm(dim=1, keepdim=True)
        losses.append(float(loss.detach()))
    if not np.isfinite(losses).all():
        raise LinexpError("training the sparse autoencoder: the loss is not finite; lower learning_rate")
    with torch.no_grad():
        lowest = [_lowest_kept(sae, activations[rows].to(device()) * scale, k) for rows in batches[-(full // size) :]]
    found = {name: tensor.detach().cpu() for name, tensor in sae.items()}
    found |= {"b_enc": found["b_enc"] / scale, "b_dec": found["b_dec"] / scale}
    found["threshold"] = torch.tensor(np.mean(lowest) / scale, dtype=torch.float32)
    by_epoch = [float(np.mean(part)) for part in np.array_split(losses, epochs)]
    return found, {"loss_by_epoch": by_epoch, "k": k, **reconstruction(found, activations)}


def _initial(mean: Tensor, features: int, generator: torch.Generator) -> dict[str, Tensor]:
    decoder = torch.randn(features, len(mean), generator=generator)
    decoder /= decoder.norm(dim=1, keepdim=True)
    sae = {"W_enc": decoder.T.clone(), "b_enc": torch.zeros(features), "W_dec": decoder, "b_dec": mean.clone()}
    return {name: tensor.to(device()).requires_grad_() for name, tensor in sae.items()}


def features_of(sae: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """All features of places before any is left out, (n, features)."""
    return torch.relu((x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"])


def _loss(sae: Mapping[str, Tensor], x: Tensor, k: int, silent: Tensor) -> tuple[Tensor, Tensor]:
    """Squared error by place and neuron, with that of dead features on what is left; batches since each was active."""
    features = features_of(sae, x)
    kept = features * _is_kept(features, k)
    left = x - kept @ sae["W_dec"] - sae["b_dec"]
    loss = left.square().mean()
    silent = torch.where((kept > 0).any(dim=0), 0, silent + 1)
    dead = silent > DEAD_AFTER
    if dead.any():
        revived = torch.where(dead, features, 0)
        revived = revived * _is_kept(revived, min(int(dead.sum()), k))
        loss = loss + AUXILIARY * (left.detach() - revived @ sae["W_dec"]).square().mean()
    return loss, silent


def _is_kept(features: Tensor, k: int) -> Tensor:
    """Which are among the k·n highest of n places, and above 0."""
    lowest = features.flatten().topk(min(k * len(features), features.numel())).values[-1]
    return (features >= lowest) & (features > 0)


def _lowest_kept(sae: Mapping[str, Tensor], x: Tensor, k: int) -> float:
    features = features_of(sae, x)
    kept = features[_is_kept(features, k)]
    return float(kept.min()) if len(kept) else 0.0


def reconstruction(sae: Mapping[str, Tensor], activations: Tensor) -> dict[str, float]:
    """How well places are reconstructed by the features above the threshold.

    Returns
    -------
    dict[str, float]
        `variance_left`, the share of the activations' variance that reconstructions leave; `mean_active`, features a
        place; `dead_features`, those that are active nowhere.
    """
    encoder, found = encoder_of(sae, "the sparse autoencoder"), Reconstruction()
    fired = torch.zeros(len(sae["W_dec"]), dtype=torch.bool)
    for x in activations.split(8192):
        features = encoder(x)
        found.add([Counted.of(x, features, encoder.decode(features, x))])
        fired |= (features > 0).any(dim=0)
    return {
        "variance_left": found.share_left,
        "mean_active": found.mean_active,
        "dead_features": int((~fired).sum()),
    }
