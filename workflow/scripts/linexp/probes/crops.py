"""Where in an image its preprocessing looks, and that part cut into cells.

A box is left, top, right, bottom as shares of the image's sides, from its upper left corner: it fits an image, its
masks and a smaller copy of it alike. The crop box of a target is what masks and image-text models get too, as their own
views do not align with the target's (a ResNet crops the centre, SigLIP squeezes the whole image). Its cells go row by
row.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import LinexpError
from ..jobs.parallel import ordered_map
from ..jobs.progress import progress


class Images(Protocol):
    """Images by their row."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> Image.Image: ...


Box = tuple[float, float, float, float]
Array = NDArray[np.float64]

AT_EDGE = 1 / 256
"""A box that ends so near to the edge of the image, in shares of its side, ends there: one step of brightness."""


def crop_box(preprocess: Callable, size: tuple[int, int]) -> Box:
    """The part of an image that its preprocessing leaves, found by sending ramps of brightness through it.

    Parameters
    ----------
    preprocess
        From an RGB image to (3, height, width).
    size
        Width and height of the image.

    Returns
    -------
    Box
        To about 0.3 % of a side, as brightness has 256 steps.

    Raises
    ------
    LinexpError
        It adds a border, where the image has no pixels.
    """
    width, height = size
    across = np.broadcast_to((np.arange(width) + 0.5) / width, (height, width))
    down = np.broadcast_to((np.arange(height)[:, None] + 0.5) / height, (height, width))
    shades = (np.rint(255 * shade).astype(np.uint8) for shade in (0 * across, 0 * across + 1, across, down))
    black, white, x, y = (np.asarray(preprocess(Image.fromarray(shade).convert("RGB")))[0] for shade in shades)
    if (black == white).any():
        raise LinexpError("preprocess: it adds a border to images, which masks do not have; give resize and crop")
    left, right = _ends(((x - black) / (white - black)).mean(axis=0))
    top, bottom = _ends(((y - black) / (white - black)).mean(axis=1))
    return left, top, right, bottom


def _ends(positions: np.ndarray) -> tuple[float, float]:
    """Where a line through positions at the centres of equal steps begins and ends, within 0 and 1."""
    steps = (np.arange(len(positions)) + 0.5) / len(positions)
    slope, begin = np.polyfit(steps, positions, 1)
    ends = (0.0 if abs(begin) < AT_EDGE else begin, 1.0 if abs(begin + slope - 1) < AT_EDGE else begin + slope)
    begin, end = np.clip(ends, 0, 1).tolist()
    return begin, end


class CropBoxes:
    """The crop boxes of a preprocessing, each size of images looked at once; threads may share it."""

    def __init__(self, preprocess: Callable):
        self._preprocess = preprocess
        self._known: dict[tuple[int, int], Box] = {}

    def of(self, size: tuple[int, int]) -> Box:
        """`crop_box` of images of a width and height."""
        if size not in self._known:
            self._known[size] = crop_box(self._preprocess, size)
        return self._known[size]


def boxes_of(images: Images, preprocess: Callable, threads: int = 1) -> Array:
    """(n_images, 4) the crop box of each image."""
    boxes = CropBoxes(preprocess)
    found = ordered_map(lambda row: boxes.of(images[row].size), range(len(images)), threads)
    return np.array(list(progress(found, len(images), "image", "finding crops", step=lambda _: 1)))


def cells(box: Box, grid: int) -> Array:
    """(grid², 4) the boxes of grid × grid equal cells of a box, row by row."""
    left, top, right, bottom = box
    x, y = np.linspace(left, right, grid + 1), np.linspace(top, bottom, grid + 1)
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    return np.stack([x[columns], y[rows], x[columns + 1], y[rows + 1]], axis=1)


def in_pixels(box: Box, size: tuple[int, int]) -> Box:
    """The same box in pixels of an image of a width and height, which may be parts of pixels."""
    width, height = size
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height


def cut_out(image: Image.Image, box: Box, side: int) -> Image.Image:
    """What a box has of an image, squeezed to side × side pixels as networks that take squares see it (bicubic)."""
    return image.resize((side, side), Image.Resampling.BICUBIC, in_pixels(box, image.size))


class CellAreas:
    """How much of each cell of a box is covered, for masks of one size.

    Parameters
    ----------
    box
        That is cut into cells.
    grid
        Cells a side.
    shape
        Height and width of the masks, whose pixels count by the part of them that is in a cell.
    """

    def __init__(self, box: Box, grid: int, shape: tuple[int, int]):
        left, top, right, bottom = box
        self._down = overlaps(top, bottom, grid, shape[0])
        self._across = overlaps(left, right, grid, shape[1])

    def of(self, masks: np.ndarray) -> NDArray[np.float32]:
        """(grid², k) the share of each cell that each of k masks, (k, height, width) bool, covers."""
        shares = self._down @ masks.astype(np.float64) @ self._across.T
        return shares.reshape(len(masks), len(self._down) * len(self._across)).T.astype(np.float32)


def overlaps(begin: float, end: float, grid: int, pixels: int) -> Array:
    """(grid, pixels) the share of each of equal cells from begin to end that each pixel of a side fills."""
    edges, sides = np.linspace(begin, end, grid + 1) * pixels, np.arange(pixels)
    shared = np.minimum(edges[1:, None], sides + 1) - np.maximum(edges[:-1, None], sides)
    return np.clip(shared, 0, None) / np.diff(edges)[:, None]
