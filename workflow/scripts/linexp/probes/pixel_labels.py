"""The pixel labels of a probing data set, as Network Dissection needs them."""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..artifacts import store
from ..errors import LinexpError
from .broden import BrodenPixelLabels
from .masks import ImageMasks, PixelLabels
from .sources import paths

KINDS = ("broden", "scenes")
"""The kinds of probes that have pixel labels."""
_PIXELS_A_BLOCK = 2**22


class ScenePixelLabels(PixelLabels):
    """Drawn scenes: kinds of objects (category object), their colours (color), the background (scene) everywhere.

    Parameters
    ----------
    path
        The `masks.h5` of a probe.

    Raises
    ------
    LinexpError
        The file is damaged.
    """

    def __init__(self, path: str | Path):
        (images,) = store.read_arrays(path, "image")
        with store.open_arrays(path) as file:
            pixels = int(np.prod(file["masks"].shape[1:]))
        columns = {"object": "kind", "color": "colour", "scene": "background"}
        names = {category: store.read_strings(path, column) for category, column in columns.items()}
        pairs = [(category, name) for category in columns for name in sorted(set(names[category]))]
        self.categories, self.concepts = (list(part) for part in zip(*pairs, strict=True))
        number = {pair: position for position, pair in enumerate(pairs)}
        self._numbers = {category: [number[category, name] for name in names[category]] for category in columns}
        self._begins = np.searchsorted(images, np.arange(len(self) + 1))
        self._path, self._lock = path, threading.Lock()
        self._images_a_block = max(1, _PIXELS_A_BLOCK // pixels)
        self._read_block = lru_cache(maxsize=2)(self._read_block_uncached)

    def __len__(self) -> int:
        return len(self._numbers["scene"])

    def masks(self, row: int) -> ImageMasks:
        block, place = divmod(row, self._images_a_block)
        with self._lock:
            masks = self._read_block(block)
        begin, end = self._begins[row : row + 2]
        first = self._begins[row - place]
        found = {self._numbers["scene"][row]: np.ones(masks.shape[1:], bool)}
        for item in range(begin, end):
            for category in ("object", "color"):
                concept = self._numbers[category][item]
                found[concept] = found.get(concept, False) | masks[item - first]
        return ImageMasks(np.array(list(found)), np.stack(list(found.values())), frozenset(self.categories))

    def _read_block_uncached(self, block: int) -> np.ndarray:
        """The masks of the objects of consecutive images, bool."""
        begin = block * self._images_a_block
        end = min(begin + self._images_a_block, len(self))
        with store.open_arrays(self._path) as file:
            return store.read_rows(file["masks"], self._begins[begin], self._begins[end]).astype(bool)


def open_pixel_labels(settings: Mapping[str, Any], masks_file: str | Path | None) -> PixelLabels:
    """The pixel labels of a probe.

    Parameters
    ----------
    settings
        Its entry in the configuration, of a kind in `KINDS`.
    masks_file
        Its `masks.h5`, where the workflow draws the images.

    Raises
    ------
    LinexpError
        The probe has none.
    """
    match settings["kind"]:
        case "broden":
            return BrodenPixelLabels(paths(settings)[0])
        case "scenes":
            return ScenePixelLabels(masks_file)  # type: ignore[arg-type]  # scenes are drawn, so it is there
    raise LinexpError(f"probe: kind {settings['kind']} has no pixel labels; take one of kind {' or '.join(KINDS)}")


def visible_part(preprocess: Callable, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The part of an image that its preprocessing leaves, found by sending ramps of brightness through it.

    Parameters
    ----------
    preprocess
        From an RGB image to (3, height, width).
    size
        Width and height of the image.

    Returns
    -------
    tuple[float, float, float, float]
        Left, top, right and bottom as shares of the image's sides.

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
    return tuple(np.clip((left, top, right, bottom), 0, 1).tolist())


def _ends(positions: np.ndarray) -> tuple[float, float]:
    """Where a line through positions at the centres of equal steps begins and ends."""
    slope, begin = np.polyfit((np.arange(len(positions)) + 0.5) / len(positions), positions, 1)
    return begin, begin + slope
