"""Top Impact (Eq. 1-4): the share of a neuron's effect on the output that its most activating images have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ..jobs.parallel import batched, for_slices
from ..jobs.progress import duration
from .layer import check_logits
from .losses import CrossEntropy
from .open_losses import OpenLayer

Array = NDArray[np.float64]

BETAS = (0.0003, 0.002, 0.02, 0.1, 0.5)
"""The fractions of Table 1."""
BLOCK_LOGITS = 1 << 15
"""Logits that a thread changes at a time: they stay in the processor's cache, and PyTorch adds no threads itself."""
REMOVED_TOGETHER = 32


@dataclass(frozen=True)
class Outcome:
    """What a network makes of n labelled images.

    Attributes
    ----------
    losses
        (n,) cross-entropy after the temperature.
    correct
        (n,) bool; of equal logits the first class counts.
    """

    losses: Array
    correct: NDArray[np.bool_]

    @classmethod
    def of(cls, logits: np.ndarray, loss: CrossEntropy, images: slice = slice(None)) -> "Outcome":
        return cls(loss(logits, images), logits.argmax(axis=1) == loss.labels[images])


def impacts(before: Outcome, without: Outcome) -> tuple[Array, Array]:
    """(ΔAcc, ΔL) of Eq. 2 and 3 for each image: the change that leaving a neuron out makes, as shares of the total.

    The impact of Eq. 1 is half their difference.
    """
    accuracy = (before.correct.astype(np.float64) - without.correct) / max(before.correct.sum(), 1)
    total = before.losses.sum()
    return accuracy, (before.losses - without.losses) / (total if total > 0 else 1.0)


def top_impact(impact: Array, order: np.ndarray, counts: Sequence[int]) -> Array:
    """TI of Eq. 4 for the numbers of top images in `counts`; NaN where the neuron has no impact at all.

    Parameters
    ----------
    impact
        (n,) of each image.
    order
        (n,) the images by descending activation.
    """
    ordered = np.abs(impact[order])
    shares = np.append(0.0, np.cumsum(ordered))
    return shares[list(counts)] / shares[-1] if shares[-1] > 0 else np.full(len(counts), np.nan)


def images_in(beta: float, n_images: int) -> int:
    """β|D| as a number of images, at least one."""
    return max(1, round(beta * n_images))


def impact_table(
    before: Outcome,
    without: Iterator[Outcome],
    neurons: Sequence[int],
    activations: np.ndarray,
    betas: Sequence[float] = BETAS,
) -> pd.DataFrame:
    """Top Impact of neurons.

    Parameters
    ----------
    without
        For each neuron, the outcome when its activation is 0.
    neurons
        (n_neurons,) their numbers.
    activations
        (n_images, n_neurons); of equal ones the first image counts as higher.

    Returns
    -------
    pd.DataFrame
        One row a neuron and β: `neuron`, `beta`, `images`, `top_impact` (Eq. 4), and the same of accuracy and of loss
        alone, `top_impact_accuracy` and `top_impact_loss`; missing where a neuron has no impact.
    """
    counts, rows = [images_in(beta, len(activations)) for beta in betas], []
    for neuron, q, outcome in zip(neurons, activations.T, without, strict=True):
        accuracy, loss = impacts(before, outcome)
        order = np.argsort(-q, kind="stable")
        shares = [top_impact(part, order, counts) for part in (accuracy - loss, accuracy, loss)]
        rows += [(neuron, beta, count, *values) for beta, count, *values in zip(betas, counts, *shares, strict=True)]
    columns = ["neuron", "beta", "images", "top_impact", "top_impact_accuracy", "top_impact_loss"]
    types = dict.fromkeys(columns, "float64") | {"neuron": "int32", "images": "int32"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def outcomes(
    layer: OpenLayer,
    rows: np.ndarray,
    activations: np.ndarray,
    neurons: np.ndarray,
    loss: CrossEntropy,
    threads: int = 1,
) -> tuple[Outcome, Iterator[Outcome]]:
    """What the network makes of some images, and what it makes of them without each of some neurons.

    Parameters
    ----------
    rows
        (n,) the images.
    activations
        (n, n_neurons) those of the layer on these images.
    neurons
        (m,) numbers of some.
    loss
        Of these images.

    Raises
    ------
    LinexpError
        The network does not give the logits that were recorded.
    """
    logits = layer.outputs.logits[rows]
    if layer.weight is not None:
        weight, groups = layer.weight, batched(neurons.tolist(), REMOVED_TOGETHER)
        without = (without_linear(logits, weight[:, some], activations[:, some], loss, threads) for some in groups)
        return Outcome.of(logits, loss), chain.from_iterable(without)
    replayed = layer.tail.original(rows)
    check_logits(layer.path, logits, replayed)
    return Outcome.of(replayed, loss), without_replayed(layer.tail, rows, neurons.tolist(), loss)


def announcement(n_neurons: int, n_images: int, seconds: float) -> str:
    """How long it takes where the tail is replayed, in one line.

    Parameters
    ----------
    seconds
        That the images took to pass once through the whole network; the neurons need the tail alone.
    """
    passes = f"impact: the tail is replayed in {n_neurons:,} passes of {n_images:,} images"
    return (
        f"{passes}, which takes {duration(n_neurons * seconds)} at most: one through the network took {seconds:.2g} s"
    )


def without_linear(
    logits: np.ndarray, weight: np.ndarray, activations: np.ndarray, loss: CrossEntropy, threads: int = 1
) -> Iterator[Outcome]:
    """The outcome without each neuron where a linear head follows: exact logits by a rank-one update, −q·w.

    All in float64: many neurons change a loss by less than float32 resolves.

    Parameters
    ----------
    logits
        (n, n_classes).
    weight
        (n_classes, n_neurons).
    activations
        (n, n_neurons).
    """
    rows = max(1, BLOCK_LOGITS // logits.shape[1])
    for begin in range(0, activations.shape[1], REMOVED_TOGETHER):
        group = slice(begin, begin + REMOVED_TOGETHER)
        columns = torch.from_numpy(weight[:, group].T.astype(np.float64))
        outcomes = np.empty((len(columns), len(logits))), np.empty((len(columns), len(logits)), bool)
        remove = partial(_remove, logits, columns, activations[:, group], loss, outcomes)
        for_slices(remove, len(logits), threads, rows)
        yield from map(Outcome, *outcomes)


def _remove(logits, columns: torch.Tensor, activations, loss, outcomes, images: slice) -> None:
    """Fill the outcomes, (losses, correct) of (n_neurons, n) each, of some images without each of some neurons.

    Parameters
    ----------
    columns
        (n_neurons, n_classes) of the head.
    activations
        (n, n_neurons).
    """
    before, q = (torch.from_numpy(values[images].astype(np.float64)) for values in (logits, activations))
    changed = torch.empty_like(before)
    losses, correct = outcomes
    for place, column in enumerate(columns):
        torch.addr(before, q[:, place], column, alpha=-1, out=changed)
        outcome = Outcome.of(changed.numpy(), loss, images)
        losses[place, images], correct[place, images] = outcome.losses, outcome.correct


def without_replayed(tail, rows: np.ndarray, neurons: Sequence[int], loss: CrossEntropy) -> Iterator[Outcome]:
    """The outcome without each neuron by replaying the tail; some neurons at a time share a pass of the head.

    Parameters
    ----------
    tail
        a `tails.ReplayedTail` that replaces every place of a map.
    rows
        (n,) the images.
    neurons
        Their numbers.
    """
    for begin in range(0, len(neurons), REMOVED_TOGETHER):
        group = neurons[begin : begin + REMOVED_TOGETHER]
        losses, correct = np.empty((len(group), len(rows))), np.empty((len(group), len(rows)), bool)
        for place, _, images, logits in tail.passes(rows, list(group), [np.zeros((1, 1))] * len(group)):
            outcome = Outcome.of(logits, loss, images)
            losses[place, images], correct[place, images] = outcome.losses, outcome.correct
        yield from map(Outcome, losses, correct)
