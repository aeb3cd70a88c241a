"""The pixel labels of a probing data set, as Network Dissection needs them."""

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..artifacts import store
from ..errors import LinexpError
from .broden import BrodenPixelLabels
from .kinds.masked_folder import MaskedPixelLabels
from .masks import ImageMasks, PixelLabels
from .sources import paths

KINDS = ("broden", "masked_folder", "scenes")
"""The kinds of probes that have pixel labels."""
NAMED = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
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
        case "masked_folder":
            root, masks = paths(settings)
            return MaskedPixelLabels(root, masks, settings["names"])
        case "scenes":
            return ScenePixelLabels(masks_file)  # type: ignore[arg-type]  # scenes are drawn, so it is there
    raise LinexpError(f"probe: kind {settings['kind']} has no pixel labels; take one of kind {NAMED}")
