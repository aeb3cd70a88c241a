"""Images from the whole range of a neuron's activation (Figs. 4, 6-15)."""

from dataclasses import dataclass

import numpy as np

from ..variation import constant

IMAGES_PER_RANGE = 5
RANGE_ENDS = {"0.01": 10_000, "0.1": 1000, "1": 100, "10": 10}
"""The ends of the ranges in percent of the images, from the highest activation, and the part that each is of them."""


@dataclass(frozen=True)
class ActivationRange:
    """Some images of a range of activations.

    Attributes
    ----------
    images
        (at most IMAGES_PER_RANGE,) int64 image rows, by descending activation.
    size
        Number of images in the whole range.
    low, high
        Its activations.
    """

    label: str
    images: np.ndarray
    size: int
    low: float
    high: float


def activation_ranges(activations: np.ndarray, seed: int, shown: np.ndarray | None = None) -> list[ActivationRange]:
    """Images from all ranges of a neuron's activation.

    The images are ranked by activation, ties by row. The ranges are the top 0.01 %, up to 0.1 %, 1 % and 10 %, each
    without those before it, rounded down to whole images; one that would be empty is merged with the next, so of
    4,000 images the first range is the top 0.1 %. From a range come images evenly spaced in rank, the first and
    last included. The last row is a random draw from all other images; the only one if the neuron is constant.

    Parameters
    ----------
    activations
        (n_images,).
    seed
        Of the draw.
    shown
        (n_images,) bool, the images that may be chosen, from a range that has any; default all.
    """
    order = np.argsort(-activations, kind="stable")
    ranges, begin, lower = [], 0, None
    ends = {} if constant(activations) else RANGE_ENDS
    for upper, part in ends.items():
        end = len(order) // part
        if end > begin:
            members = order[begin:end]
            candidates = _of_shown(members, shown)
            spread = np.linspace(0, len(candidates) - 1, min(IMAGES_PER_RANGE, len(candidates)))
            label = f"Top {lower}–{upper} %" if lower else f"Top {upper} %"
            ranges.append(_range(label, members, candidates[np.rint(spread).astype(int)], activations))
            begin, lower = end, upper
    rest = order[begin:]
    candidates = _of_shown(rest, shown)
    drawn = np.random.default_rng(seed).choice(len(candidates), min(IMAGES_PER_RANGE, len(candidates)), replace=False)
    label = "Others, at random" if begin else "At random"
    return [*ranges, _range(label, rest, candidates[np.sort(drawn)], activations)]


def _of_shown(members: np.ndarray, shown: np.ndarray | None) -> np.ndarray:
    return members if shown is None else members[shown[members]]


def _range(label: str, members: np.ndarray, chosen: np.ndarray, activations: np.ndarray) -> ActivationRange:
    values = activations[members]
    return ActivationRange(label, chosen, len(members), float(values.min()), float(values.max()))
