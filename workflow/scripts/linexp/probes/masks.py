"""What is where in the images of a probing data set: masks of concepts."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class ImageMasks:
    """The concepts of one image and where they are.

    Attributes
    ----------
    concepts
        (k,) int, numbers into the data set's `concepts`, each once.
    masks
        (k, height, width) bool: where each of them is.
    categories
        What the image is labelled for at all; a concept of another category is unknown here, not absent.
    """

    concepts: np.ndarray
    masks: np.ndarray
    categories: frozenset[str]

    def cut(self, part: tuple[float, float, float, float]) -> "ImageMasks":
        """The same in a part of the image: left, top, right, bottom as shares of its sides, to the nearest pixel."""
        height, width = self.masks.shape[1:]
        left, top, right, bottom = np.rint(np.multiply(part, (width, height, width, height))).astype(int)
        return replace(self, masks=self.masks[:, top:bottom, left:right])


class PixelLabels(ABC):
    """What is where in each image of a probing data set, in the order of its source. Threads may share one.

    Attributes
    ----------
    concepts
        Their names, readable.
    categories
        The category of each (`object`, `color`, …), as long.
    """

    concepts: list[str]
    categories: list[str]

    @abstractmethod
    def __len__(self) -> int:
        """The number of images."""

    @abstractmethod
    def masks(self, row: int) -> ImageMasks:
        """What is where in one image."""
