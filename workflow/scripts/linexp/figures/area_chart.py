"""Which concepts a neuron's activations consist of, from bin to bin (Fig. 3).

The published figures are drawn by hand, from labels of one class an image. Here an image may have any concepts, by
label or by pseudo-label, and counts once all the same:

1. An image has a concept if P says so at least as surely as not (P ≥ 0.5); of labels, if it is labelled with it.
2. Concepts of positive weight share the images above the axis, those of negative weight, which lower the simulated
   activation, those below it: an image may count on both sides.
3. Of a superclass and a class within it the image counts for the class, so that an area of `animal` beside one of `cat`
   is that of all other animals. Which concept is within which is read off the images: at least 95 % of the images that
   have it have the other one too, which more images have.
4. Of the concepts that remain it counts for the one with the largest weight · P, whatever its sign: what contributes
   most to the simulated activation (Eq. 9). Of equal ones the first counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

N_BINS = 8
MAX_AREAS = 10
PRESENT = 0.5
"""An image has a concept if P says so at least as surely as this."""
WITHIN = 0.95
"""The share of a concept's images that another concept has to have to count as the wider one."""


class Areas(NamedTuple):
    """Which part of the images counts for which concept, the one of the largest weight first.

    Attributes
    ----------
    names
        (n_areas,).
    weights
        (n_areas,), None for an area of several concepts.
    shares
        (N_BINS, n_areas) float64; a row sums to at most 1, the rest has no concept. NaN in empty bins.
    """

    names: Sequence[str]
    weights: Sequence[float | None]
    shares: NDArray[np.float64]


@dataclass(frozen=True)
class AreaChart:
    """Which part of the images counts for which concept, from bin to bin of the activation.

    Attributes
    ----------
    edges
        (N_BINS + 1,) float64 of the bins.
    counts
        (N_BINS,) int64 images in each.
    names, weights, shares
        `Areas` of the concepts of positive weight.
    below
        Those of negative weight.
    left_out
        The concepts that have no positive weight, with it.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    names: Sequence[str]
    weights: Sequence[float | None]
    shares: NDArray[np.float64]
    below: Areas
    left_out: Sequence[tuple[str, float]]


def area_chart(
    activations: np.ndarray, presence: np.ndarray, concepts: Sequence[str], weights: np.ndarray
) -> AreaChart:
    """The numbers of the area chart of a neuron, by the rules above.

    The bins are even, from 0 (from the smallest activation where there are negative ones) to the largest. Beyond
    `MAX_AREAS` concepts, those with the smallest weights share the last area.

    Parameters
    ----------
    activations
        (n_images,) of a neuron that is not constant.
    presence
        (n_images, n_concepts) P or labels of the explanation's concepts.
    concepts, weights
        (n_concepts,) of the explanation, by descending weight.
    """
    weights = np.asarray(weights, np.float64)
    edges = activation_bins(activations)
    bins = bins_of(activations, edges)
    above, below = (
        _areas(presence[:, side], [concepts[k] for k in side], weights[side], bins)
        for side in (np.flatnonzero(weights > 0), np.flatnonzero(weights < 0)[::-1])
    )
    left_out = [(concept, weight) for concept, weight in zip(concepts, weights.tolist(), strict=True) if weight <= 0]
    return AreaChart(edges, np.bincount(bins, minlength=N_BINS), *above, below, left_out)


def _areas(presence: np.ndarray, concepts: Sequence[str], weights: np.ndarray, bins: np.ndarray) -> Areas:
    """The areas of concepts on one side, the largest weight first; `bins` (n_images,) has that of each image."""
    owner = owning_concept(presence, np.abs(weights))
    names, areas_of = list(concepts), weights.tolist()
    if len(names) > MAX_AREAS:
        owner = np.where(owner < len(names), np.minimum(owner, MAX_AREAS - 1), MAX_AREAS)
        names = [*names[: MAX_AREAS - 1], f"{len(names) - MAX_AREAS + 1} more concepts"]
        areas_of = [*areas_of[: MAX_AREAS - 1], None]
    n_areas = len(names) + 1
    table = np.bincount(bins * n_areas + owner, minlength=N_BINS * n_areas).reshape(N_BINS, n_areas)
    counts = table.sum(axis=1)
    return Areas(names, areas_of, table[:, :-1] / np.where(counts, counts, np.nan)[:, None])


def activation_bins(activations: np.ndarray, n_bins: int = N_BINS) -> NDArray[np.float64]:
    """(n_bins + 1,) edges of even bins from 0, or from the smallest activation if it is negative, to the largest."""
    return np.linspace(min(0.0, float(activations.min())), float(activations.max()), n_bins + 1)


def bins_of(activations: np.ndarray, edges: np.ndarray) -> NDArray[np.int64]:
    """(n_images,) the bin of each activation: from its lower edge to before its upper one, which the last includes."""
    places = np.searchsorted(edges, activations.astype(np.float64), side="right") - 1
    return np.clip(places, 0, len(edges) - 2)


def owning_concept(presence: np.ndarray, weights: np.ndarray) -> NDArray[np.int64]:
    """The concept that each image counts for, by rules 1, 3 and 4.

    Parameters
    ----------
    presence
        (n_images, n_concepts) P or labels.
    weights
        (n_concepts,) all positive.

    Returns
    -------
    NDArray[np.int64]
        (n_images,) column of the concept; n_concepts for an image that has none of them.
    """
    n_images, n_concepts = presence.shape
    if not n_concepts:
        return np.zeros(n_images, np.int64)
    has = presence >= PRESENT
    counted = has.astype(np.float32)
    together = (counted.T @ counted).astype(np.float64)
    size = np.diag(together)
    # wider[i, j]: j is within i
    wider = (size[:, None] > size) & (together >= WITHIN * size) & (size > 0)
    standing = has & (counted @ wider.T == 0)
    contribution = np.where(standing, weights * presence, -np.inf)
    return np.where(has.any(axis=1), contribution.argmax(axis=1), n_concepts)
