"""Top Impact (Eq. 1-4): the share of a neuron's effect on the output that its most activating images have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .losses import CrossEntropy
from .parallel import ordered_map

Array = NDArray[np.float64]

BETAS = (0.0003, 0.002, 0.02, 0.1, 0.5)
"""The fractions of Table 1."""
BLOCK_ROWS = 64
NEURONS_AT_ONCE = 32


@dataclass(frozen=True)
class Outcome:
    """What a network makes of n labelled images.

    Attributes:
        losses: (n,) cross-entropy after the temperature. correct: (n,) bool; of equal logits the first class counts.
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


def top_impact(impact: Array, activations: np.ndarray, counts: Sequence[int]) -> Array:
    """TI of Eq. 4 for the numbers of top images in `counts`; NaN where the neuron has no impact at all.

    Args:
        impact: (n,) of each image. activations: (n,); of equal ones the first image comes first.
    """
    ordered = np.abs(impact[np.argsort(-activations, kind="stable")])
    shares = np.append(0.0, np.cumsum(ordered))
    return shares[list(counts)] / shares[-1] if shares[-1] > 0 else np.full(len(counts), np.nan)


def images_in(beta: float, n_images: int) -> int:
    """β|D| as a number of images, at least one."""
    return max(1, round(beta * n_images))


def impact_table(
    before: Outcome, without: Iterator[Outcome], activations: np.ndarray, betas: Sequence[float] = BETAS
) -> pd.DataFrame:
    """Top Impact of every neuron.

    Args:
        without: for each neuron, the outcome when its activation is 0.
        activations: (n_images, n_neurons).

    Returns:
        one row a neuron and β: `neuron`, `beta`, `images`, `top_impact` (Eq. 4), and the same of accuracy and of loss
        alone, `top_impact_accuracy` and `top_impact_loss`; missing where a neuron has no impact.
    """
    counts, rows = [images_in(beta, len(activations)) for beta in betas], []
    for neuron, outcome in enumerate(without):
        accuracy, loss = impacts(before, outcome)
        shares = [top_impact(part, activations[:, neuron], counts) for part in (accuracy - loss, accuracy, loss)]
        rows += [(neuron, beta, count, *values) for beta, count, *values in zip(betas, counts, *shares, strict=True)]
    columns = ["neuron", "beta", "images", "top_impact", "top_impact_accuracy", "top_impact_loss"]
    return pd.DataFrame(rows, columns=columns).astype({"neuron": "int32", "images": "int32"})


def without_linear(
    logits: np.ndarray, weight: np.ndarray, activations: np.ndarray, loss: CrossEntropy, threads: int = 1
) -> Iterator[Outcome]:
    """The outcome without each neuron where a linear head follows: exact logits by a rank-one update, −q·w.

    Args:
        logits: (n, n_classes). weight: (n_classes, n_neurons). activations: (n, n_neurons).
    """
    blocks = [slice(begin, begin + BLOCK_ROWS) for begin in range(0, len(logits), BLOCK_ROWS)]

    def outcome(neuron: int) -> Outcome:
        column = weight[:, neuron].astype(np.float64)
        parts = [
            Outcome.of(logits[block] - np.multiply.outer(activations[block, neuron], column), loss, block)
            for block in blocks
        ]
        return Outcome(np.concatenate([p.losses for p in parts]), np.concatenate([p.correct for p in parts]))

    return ordered_map(outcome, range(activations.shape[1]), threads)


def without_replayed(tail, rows: np.ndarray, n_neurons: int, loss: CrossEntropy) -> Iterator[Outcome]:
    """The outcome without each neuron by replaying the tail; some neurons at a time share a pass of the head.

    Args:
        tail: a `tails.ReplayedTail` that replaces every place of a map. rows: (n,) the images.
    """
    for begin in range(0, n_neurons, NEURONS_AT_ONCE):
        group = range(begin, min(begin + NEURONS_AT_ONCE, n_neurons))
        losses, correct = np.empty((len(group), len(rows))), np.empty((len(group), len(rows)), bool)
        for place, _, images, logits in tail.passes(rows, list(group), [np.zeros((1, 1))] * len(group)):
            outcome = Outcome.of(logits, loss, images)
            losses[place, images], correct[place, images] = outcome.losses, outcome.correct
        yield from map(Outcome, losses, correct)
