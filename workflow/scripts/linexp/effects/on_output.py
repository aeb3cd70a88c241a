"""What neurons do to the output where more than a linear map follows: by replaying the tail."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .layer import check_logits
from .open_losses import OpenLayer

Array = NDArray[np.float64]

TOP_IMAGES = 50
"""Images with the highest activations of a neuron that its effects are a mean over."""


def top_images(activations: np.ndarray, most: int) -> NDArray[np.intp]:
    """(at most `most`,) ascending rows of the highest activations, (n_images,); of equal ones the first."""
    return np.sort(np.argsort(-activations, kind="stable")[:most])


def effects_on_output(layer: OpenLayer, neurons: Sequence[int], most: int = TOP_IMAGES) -> Iterator[Array]:
    """Of each neuron the mean change of the logits that its high activations make, against its mean, (n_classes,).

    The mean over its `top_images` of z − z′, with the logits z of the network and those z′ with the neuron at its mean
    over all images. Behind a linear head this is w · (mean of the top activations − mean).

    Parameters
    ----------
    layer
        With a tail.
    neurons
        Their numbers.
    most
        Images of each.

    Raises
    ------
    LinexpError
        The network does not give the logits that were recorded.
    """
    for place, neuron in enumerate(neurons):
        activations = layer.activations[:, neuron]
        rows = top_images(activations, most)
        logits = layer.outputs.logits[rows].astype(np.float64)
        if not place:
            check_logits(layer.path, logits, layer.tail.original(rows))
        at_mean, mean = np.empty_like(logits), activations.mean(dtype=np.float64)
        for _, _, images, found in layer.tail.passes(rows, [int(neuron)], [np.full((1, 1), mean)]):
            at_mean[images] = found
        yield (logits - at_mean).mean(axis=0)
