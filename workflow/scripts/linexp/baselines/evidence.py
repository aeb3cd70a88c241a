"""What a baseline explains neurons from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.intp]


@dataclass(frozen=True)
class Evidence:
    """Activations of a layer on the images to fit on, and what an image-text model makes of images and concepts.

    Attributes
    ----------
    neurons
        (k,) their numbers.
    activations
        (n, k) float32.
    images
        (n, dim) float32 embeddings of the images, of unit norm.
    concepts
        The m names.
    texts
        (m, dim) float32 their embeddings, of unit norm.
    """

    neurons: np.ndarray
    activations: np.ndarray
    images: np.ndarray
    concepts: Sequence[str]
    texts: np.ndarray

    def similarity(self, images: Rows = slice(None), concepts: Rows = slice(None)) -> np.ndarray:
        """Float32 cosine similarities, (n, m) of all images and concepts, which may not fit in memory, or a part of it.

        Parameters
        ----------
        images, concepts
            A slice, or the numbers of some.
        """
        return self.images[images] @ self.texts[concepts].T
