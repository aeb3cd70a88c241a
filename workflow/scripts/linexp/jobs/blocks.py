"""Neurons of a layer, or images, cut into blocks that separate jobs work on, and what they found put together again."""

from collections.abc import Sequence

import numpy as np


def block_of(number: int, blocks: int, n_neurons: int, together: int = 1) -> slice:
    """The neurons (or images) of one block; all are about equally large, and one after the other they are all neurons.

    Parameters
    ----------
    number
        Of the block, from 1.
    blocks
        Their number; where it is above that of the neurons, some are empty.
    n_neurons
        Of the layer, or those that are scored; or of images.
    together
        Groups of so many neurons, counted from the first, are not cut. What is computed on a whole group at a time is
        then computed on the same groups whatever the blocks, so rounding is the same.
    """
    groups = -(-n_neurons // together)
    begin, end = ((n * groups // blocks) * together for n in (number - 1, number))
    return slice(min(begin, n_neurons), min(end, n_neurons))


def merge_arrays(blocks: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Several arrays of each block, (n_neurons of the block, …), as those of the whole layer."""
    return [np.concatenate(arrays) for arrays in zip(*blocks, strict=True)]
