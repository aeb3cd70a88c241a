"""Training small networks from nothing: a classifier to explain, and image-text models to explain it with.

Both take images as one uint8 tensor in memory and multi-hot labels, and know nothing of what is in the images.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import timm
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ..concepts import image_text
from ..errors import LinexpError
from ..jobs.parallel import ordered_map
from ..jobs.progress import progress
from ..jobs.runtime import device
from ..probes.image_source import NO_CLASS
from ..probes.index import IndexedImages

MAX_CONCEPTS_IN_CAPTION = 3
DECAY = 0.02
"""Of weights, in AdamW."""
SHIFT_FRACTION = 1 / 16
"""Augmentation: every image is moved by up to this part of its size."""


def load_pixels(images: IndexedImages, size: int, threads: int) -> Tensor:
    """All images at `size` × `size` pixels by bicubic interpolation, (n, 3, size, size) uint8."""

    def pixels(row: int) -> np.ndarray:
        image = images[row]
        return np.asarray(image if image.size == (size, size) else image.resize((size, size), Image.Resampling.BICUBIC))

    loaded = ordered_map(pixels, range(len(images)), threads)
    return torch.from_numpy(np.stack(list(loaded))).permute(0, 3, 1, 2).contiguous()


def normalise(pixels: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """uint8 images to float32 with the given mean and standard deviation of each channel (of [0, 1])."""
    mean, std = (torch.tensor(values).view(3, 1, 1) * 255 for values in (mean, std))
    return (pixels.float() - mean) / std


def augment(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Flip half of the images, and move each by a few pixels over a repeated edge. (n, 3, s, s) uint8."""
    n, _, size, _ = pixels.shape
    reach = max(1, round(size * SHIFT_FRACTION))
    flipped = torch.rand(n, generator=generator) < 0.5
    pixels = torch.where(flipped.view(n, 1, 1, 1), pixels.flip(3), pixels)
    down, right = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator)
    places = torch.arange(size)
    rows = (places + down).clamp(0, size - 1).view(n, 1, size, 1)
    columns = (places + right).clamp(0, size - 1).view(n, 1, 1, size)
    pixels = pixels.gather(2, rows.expand_as(pixels))
    return pixels.gather(3, columns.expand_as(pixels))


def _epochs(rows: np.ndarray, settings: Mapping[str, Any], seed: int) -> list[Tensor]:
    """The rows of every batch of every epoch; what does not fill a batch is left out."""
    rng, size = np.random.default_rng(seed), settings["batch_size"]
    full = len(rows) // size * size
    if not full:
        raise LinexpError(f"{len(rows)} training images do not fill a batch of {size}; lower batch_size")
    epochs = (rng.permutation(rows)[:full].reshape(-1, size) for _ in range(settings["epochs"]))
    return [torch.from_numpy(batch) for epoch in epochs for batch in epoch]


def _train(
    pixels: Tensor,
    batches: list[Tensor],
    groups: list[dict],
    loss_of: Callable[[Tensor, Tensor], Tensor],
    settings: Mapping[str, Any],
    seed: int,
    description: str,
) -> list[float]:
    """AdamW with a one-cycle learning rate and clipped gradients, on augmented images; the mean loss of every epoch.

    Parameters
    ----------
    pixels
        (n, 3, size, size) uint8.
    batches
        Rows of them.
    groups
        Of parameters, with learning rates.
    loss_of
        Of the rows of a batch and its augmented images.
    """
    generator = torch.Generator().manual_seed(seed)
    parameters = [parameter for group in groups for parameter in group["params"]]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=DECAY, fused=True)
    rates = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rates, total_steps=len(batches))
    losses = []
    for rows in progress(batches, sum(map(len, batches)), "image", description):
        loss = loss_of(rows, augment(pixels[rows], generator))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    if not np.isfinite(losses).all():
        raise LinexpError(f"{description}: the loss is not finite; lower learning_rate")
    return [float(np.mean(part)) for part in np.array_split(losses, settings["epochs"])]


MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def train_classifier(
    pixels: Tensor,
    labels: np.ndarray,
    split: np.ndarray,
    n_classes: int,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[nn.Module, dict[str, Any]]:
    """Train a timm network on the class of each image.

    Parameters
    ----------
    pixels
        (n, 3, size, size) uint8.
    labels
        (n,) int class numbers; images without a class are left out.
    split
        (n,) names; `train` is trained on, `val` gives the accuracy.
    settings
        `network` and its `arguments`, `size`, `epochs`, `batch_size`, `learning_rate`.

    Returns
    -------
    tuple[nn.Module, dict[str, Any]]
        The network on the CPU, and its record for `training.json`.
    """
    torch.manual_seed(seed)
    arguments = {**settings.get("arguments", {}), "num_classes": n_classes}
    network = timm.create_model(settings["network"], pretrained=False, **arguments)
    network = network.to(device(), memory_format=torch.channels_last)
    targets = torch.from_numpy(np.asarray(labels, np.int64))
    labelled = np.asarray(labels) != NO_CLASS

    def loss_of(rows: Tensor, pixels: Tensor) -> Tensor:
        batch = normalise(pixels, MEAN, STD)
        logits = network(batch.to(device(), memory_format=torch.channels_last))
        return F.cross_entropy(logits, targets[rows].to(device()), label_smoothing=0.05)

    batches = _epochs(np.flatnonzero(labelled & (split == "train")), settings, seed)
    groups = [{"params": list(network.parameters()), "lr": settings["learning_rate"]}]
    losses = _train(pixels, batches, groups, loss_of, settings, seed, "training the classifier")
    network.eval()
    held_out = torch.from_numpy(np.flatnonzero(labelled & (split == "val")))
    with torch.inference_mode():
        parts = (normalise(pixels[rows], MEAN, STD).to(device()) for rows in held_out.split(256))
        predicted = [network(part).argmax(1).cpu() for part in parts]
    correct = (torch.cat(predicted) == targets[held_out]).float().mean().item() if len(held_out) else None
    return network.cpu(), {
        "loss_by_epoch": losses,
        "val_accuracy": correct,
        "model": {
            "source": "timm",
            "name": settings["network"],
            "arguments": arguments,
            "preprocess": {
                "resize": settings["size"],
                "interpolation": "bicubic",
                "mean": list(MEAN),
                "std": list(STD),
            },
        },
    }


def _captions(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each image, a caption of up to three of its concepts. (n, m) bool to (n, m) bool."""
    wanted = rng.integers(1, MAX_CONCEPTS_IN_CAPTION + 1, size=(len(labels), 1))
    order = np.argsort(np.where(labels, rng.random(labels.shape), 2.0), axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(labels.shape[1])[None], axis=1)
    return labels & (rank < wanted)


def caption_batches(
    labels: np.ndarray, absent: int, rng: np.random.Generator, batches: Sequence[Tensor]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Captions for batches of images, and which captions are true of which image.

    A caption names up to three concepts of one image; beside the captions there is one text for each concept, which
    brings the negatives in. A text is true of every image that has all of its concepts (with the pairs of image and
    own caption alone as positives, the loss stays above that of the base rate).

    Parameters
    ----------
    labels
        (n_images, n_concepts) bool.
    absent
        Number of further words that are true of no image; they follow the concepts.

    Yields
    ------
    tuple[np.ndarray, np.ndarray]
        (n_texts, n_concepts + absent) bool: which concepts each text names; (n_batch, n_texts) bool: true pairs.
    """
    n_words = labels.shape[1] + absent
    for rows in batches:
        present = np.pad(labels[rows.numpy()], ((0, 0), (0, absent)))
        texts = np.concatenate([_captions(present, rng), np.eye(n_words, dtype=bool)])
        texts = np.unique(texts[texts.any(axis=1)], axis=0)
        missing = texts.astype(np.float32) @ (~present).astype(np.float32).T
        yield texts, (missing == 0).T


def train_image_text(
    pixels: Tensor,
    labels: np.ndarray,
    concepts: Sequence[str],
    split: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[nn.Module, dict[str, Any]]:
    """Train an open_clip model with the sigmoid loss (Zhai et al., 2023) on multi-hot labels.

    Parameters
    ----------
    pixels
        (n, 3, size, size) uint8 at the image size of the model.
    labels
        (n, m) multi-hot.
    concepts
        The m names.
    split
        (n,) names; `train` is trained on.
    settings
        `model` (an open_clip JSON configuration with `init_logit_bias`), `epochs`, `batch_size`, `learning_rate`,
        `absent` (words to learn as true of no image).

    Returns
    -------
    tuple[nn.Module, dict[str, Any]]
        The network on the CPU, and its record for `training.json`.
    """
    torch.manual_seed(seed)
    model = image_text.build(settings)
    network = model.network.train().to(device())
    network.visual.to(memory_format=torch.channels_last)
    if network.logit_bias is None:
        raise LinexpError(f"model: {settings['model']} has no init_logit_bias, which the sigmoid loss needs; add it")
    words = [*concepts, *settings.get("absent", [])]
    both = sorted(set(concepts) & set(settings.get("absent", [])))
    if both:
        raise LinexpError(f"absent: {both[0]!r} is also a concept of the images; take it out")
    preprocessing = network.visual.preprocess_cfg
    labels = np.asarray(labels, bool)
    batches = _epochs(np.flatnonzero(split == "train"), settings, seed)
    absent = len(words) - len(concepts)
    captions = caption_batches(labels, absent, np.random.default_rng(seed), batches)

    def loss_of(rows: Tensor, pixels: Tensor) -> Tensor:
        texts, true = next(captions)
        tokens = model.tokenize([" and ".join(words[word] for word in np.flatnonzero(text)) for text in texts])
        images = normalise(pixels, preprocessing["mean"], preprocessing["std"])
        images = images.to(device(), memory_format=torch.channels_last)
        image, text, scale, bias = network(images, tokens.to(device()))[:4]
        logits = scale * image @ text.T + bias
        sign = 2 * torch.from_numpy(true).float().to(device()) - 1
        return -F.logsigmoid(sign * logits).sum() / len(rows)

    rate = settings["learning_rate"]
    fast = [network.logit_scale, network.logit_bias]
    slow = [p for p in network.parameters() if not any(p is other for other in fast)]
    # at the common rate the scale stays where it starts, and the loss stays high
    groups = [{"params": slow, "lr": rate}, {"params": fast, "lr": 10 * rate, "weight_decay": 0.0}]
    losses = _train(pixels, batches, groups, loss_of, settings, seed, "training the image-text model")
    return network.eval().cpu(), {
        "loss_by_epoch": losses,
        "logit_scale": network.logit_scale.exp().item(),
        "logit_bias": network.logit_bias.item(),
        "concepts": list(concepts),
        "absent": list(settings.get("absent", [])),
    }
