"""What metrics share: the neurons that have a score, which images are B and T, and the ranks of images."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

TOP_FRACTION = 0.05

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """The images of each neuron by ascending value.

    Attributes
    ----------
    order
        (n_neurons, n) int, the images in this order.
    values
        (n_neurons, n) float64, in this order.
    lower
        (n_neurons, n) int, in this order: how many images have a lower value.
    ranks
        (n_neurons, n) float64, of the images as they are: from 1; images that are tied share their mean rank.
    """

    order: NDArray[np.intp]
    values: Array
    lower: NDArray[np.intp]
    ranks: Array

    @classmethod
    def of(cls, values: np.ndarray) -> "Ranking":
        """The ranking of each row of (n_neurons, n) values."""
        order = values.argsort(axis=1)
        ordered = np.take_along_axis(values, order, axis=1)
        rises = np.ones(values.shape, bool)
        rises[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        firsts = np.flatnonzero(rises)
        tied, lower = np.diff(firsts, append=values.size), firsts % values.shape[1]
        ranks = np.empty(values.shape)
        np.put_along_axis(ranks, order, np.repeat(lower + (tied + 1) / 2, tied).reshape(values.shape), axis=1)
        return cls(order, ordered, np.repeat(lower, tied).reshape(values.shape), ranks)


@dataclass(frozen=True)
class Columns:
    """Some neurons, simulated and as they are; what several metrics take from them is computed once.

    Attributes
    ----------
    simulated, activations
        (n_neurons, n) float64, on the same images; no neuron is constant.
    """

    simulated: Array
    activations: Array

    @cached_property
    def top(self) -> NDArray[np.bool_]:
        """(n_neurons, n) B, the most activating images."""
        return top_images(self.activations, self.activation_ranking.values)

    @cached_property
    def concept(self) -> NDArray[np.bool_]:
        """(n_neurons, n) T, the images with the concept."""
        return present(self.simulated)

    @cached_property
    def simulated_ranking(self) -> Ranking:
        return Ranking.of(self.simulated)

    @cached_property
    def activation_ranking(self) -> Ranking:
        return Ranking.of(self.activations)


def top_images(activations: np.ndarray, ordered: np.ndarray) -> NDArray[np.bool_]:
    """B: the images whose activation is among a neuron's highest `TOP_FRACTION`, at least one.

    Images that are tied at the cut are in if all of them fit, or if no image lies above the cut; else they are out.
    So B does not depend on the order of the images, and the images on which a sparse neuron is silent are never in.

    Parameters
    ----------
    activations
        (n_neurons, n), no neuron constant.
    ordered
        The same, each neuron's in ascending order.

    Returns
    -------
    NDArray[np.bool_]
        (n_neurons, n), for each neuron some images and not all.
    """
    n = activations.shape[1]
    size = min(max(1, round(TOP_FRACTION * n)), n - 1)
    cut = ordered[:, [n - size]]
    all_tied_in = (ordered[:, [n - size - 1]] < cut) | (ordered[:, [-1]] == cut)
    return np.where(all_tied_in, activations >= cut, activations > cut)


def present(simulated: np.ndarray) -> NDArray[np.bool_]:
    """T: the images that are simulated at least half way between a neuron's lowest and highest simulated value.

    The sum of an explanation has no scale of its own; for a single concept in {0, 1} this is c ≥ 0.5.

    Parameters
    ----------
    simulated
        (n_neurons, n), no neuron constant.

    Returns
    -------
    NDArray[np.bool_]
        (n_neurons, n), for each neuron some images and not all.
    """
    low, high = simulated.min(axis=1, keepdims=True), simulated.max(axis=1, keepdims=True)
    return simulated >= low + (high - low) / 2


def roc_areas(labels: np.ndarray, ranks: np.ndarray) -> Array:
    """How often an image with the label ranks above one without, ties counting half (Mann and Whitney, 1947).

    Parameters
    ----------
    labels
        (n_neurons, n) bool, for each neuron some and not all.
    ranks
        (n_neurons, n), tied ones their mean.

    Returns
    -------
    Array
        (n_neurons,).
    """
    with_label = labels.sum(axis=1)
    total = ranks.sum(axis=1, where=labels)
    return (total - with_label * (with_label + 1) / 2) / (with_label * (labels.shape[1] - with_label))
