"""Which images the folder has: a bounded number, whatever the size of the probe and of the layer.

1. A sample of at most `SAMPLE` test images, drawn with the seed. On these a page compares real with simulated
   activations.
2. Then the images with the highest activation of each neuron, then the second highest, and so on to the
   `TOP_IMAGES`-th, then all others in a random order, until there are `MOST_IMAGES`. From these the ranges of each
   neuron choose theirs (see `activation_ranges`).

Only images that some page shows are shipped.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..networks import recorded
from .activation_ranges import activation_ranges

SAMPLE = 1000
MOST_IMAGES = 8000
TOP_IMAGES = 5
NEURONS_AT_ONCE = 64


def sample_rows(test: np.ndarray, seed: int) -> np.ndarray:
    """(at most SAMPLE,) ascending rows, drawn from those of the test images."""
    drawn = np.random.default_rng([seed, 0]).choice(test, min(SAMPLE, len(test)), replace=False)
    return np.sort(drawn)


def candidates(sample: np.ndarray, top: np.ndarray, n_images: int, seed: int) -> np.ndarray:
    """(n_images,) bool: the images that may be shown, `MOST_IMAGES` of them if there are as many.

    Parameters
    ----------
    sample
        Rows that always are.
    top
        (n_neurons, at most TOP_IMAGES) rows by descending activation.
    """
    others = np.random.default_rng([seed, 1]).permutation(n_images)
    order = np.concatenate([sample, top.T.ravel(), others])
    _, first = np.unique(order, return_index=True)
    chosen = np.zeros(n_images, bool)
    chosen[order[np.sort(first)[:MOST_IMAGES]]] = True
    return chosen


def top_images(activations: np.ndarray) -> np.ndarray:
    """(n_neurons, at most TOP_IMAGES) rows by descending activation, equal ones by row, of (n_images, n_neurons)."""
    return np.argsort(-activations, axis=0, kind="stable")[:TOP_IMAGES].T


def images_of_ranges(activations: np.ndarray, seed: int, among: np.ndarray | None = None) -> np.ndarray:
    """(k,) the rows of the images that stand for the ranges of a neuron, (n_images,), in the order of pages."""
    return np.concatenate([one.images for one in activation_ranges(activations, seed, among)])


def images_of_layer(
    path: str | Path, neurons: Sequence[int] | None, test: np.ndarray, n_images: int, seed: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Each neuron of a layer with the images that the explorer shows of it.

    Parameters
    ----------
    path
        Of its activations, a row an image.
    neurons
        That are explained; None for all.
    test
        Rows of the test images.
    """
    numbers = recorded.numbers_in(path, neurons)
    blocks = [numbers[begin : begin + NEURONS_AT_ONCE] for begin in range(0, len(numbers), NEURONS_AT_ONCE)]
    top = np.concatenate([top_images(recorded.read_block(path, block)) for block in blocks])
    among = candidates(sample_rows(test, seed), top, n_images, seed)
    for block in blocks:
        for neuron, activations in zip(block.tolist(), recorded.read_block(path, block).T, strict=True):
            yield neuron, images_of_ranges(activations, seed, among)
