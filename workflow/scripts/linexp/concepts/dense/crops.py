"""Any other model: overlapping crops, an embedding each, at grid² times the cost of an image."""

from collections.abc import Callable
from math import ceil, floor

import torch
from PIL import Image
from torch import Tensor

from .way import DenseWay


def window(cell: int, grid: int, length: int) -> tuple[int, int]:
    """Where the crops of a row or column of cells begin and end on a side of so many pixels.

    A crop is 2/(grid + 1) of the side long and neighbours share half of it, so that all together cover the image.
    """
    return floor(cell * length / (grid + 1)), ceil((cell + 2) * length / (grid + 1))


def crops_of(preprocess: Callable[[Image.Image], Tensor], grid: int) -> Callable[[Image.Image], Tensor]:
    """From an image to the crops around its cells, row by row, (grid², 3, height, width), each preprocessed."""

    def of_image(image: Image.Image) -> Tensor:
        across, down = ([window(cell, grid, length) for cell in range(grid)] for length in image.size)
        boxes = [(left, top, right, bottom) for top, bottom in down for left, right in across]
        return torch.stack([preprocess(image.crop(box)) for box in boxes])

    return of_image


WAY = DenseWay("crops", "for any model", lambda _visual: True, None)
