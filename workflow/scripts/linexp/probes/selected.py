"""Some of the images of a source."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from .image_source import ImageSource


class OnDemand(Sequence):
    """A sequence of `length` items, each of which is made when it is asked for."""

    def __init__(self, length: int, item: Callable[[int], Any]):
        self._length, self._item = length, item

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: int) -> Any:  # type: ignore[override]  # no slices
        if not 0 <= row < self._length:
            raise IndexError(row)
        return self._item(row)


class SelectedImages(ImageSource):
    """The images of another source at the given rows.

    Attributes
    ----------
    rows
        (n_images,) int64, the row in the other source of each image.
    """

    def __init__(self, source: ImageSource, rows: Sequence[int] | np.ndarray):
        self._source = source
        self.rows = np.array(rows, np.int64)
        self.keys = [source.keys[row] for row in self.rows]
        self.labels = source.labels[self.rows]
        self.class_names = source.class_names
        if source.concepts:
            self.concepts = OnDemand(len(self.rows), lambda row: source.concepts[int(self.rows[row])])

    def content(self, row: int) -> bytes:
        return self._source.content(int(self.rows[row]))

    def remarks(self) -> list[str]:
        return self._source.remarks()

    def decode(self, content: bytes) -> Image.Image:
        return self._source.decode(content)
