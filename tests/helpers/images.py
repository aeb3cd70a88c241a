"""Images in memory, for tests of indices and labels."""

import io

import numpy as np
from PIL import Image

from linexp.probes.image_source import ImageSource

PAPER = {"train": 0.7, "val": 0.1, "test": 0.2}
BAD = (0, 7, 8, 29)


class Images(ImageSource):
    """Thirty images in memory, each of a colour, class and concept of its own; some may be damaged."""

    def __init__(self, bad: tuple[int, ...] = (), numbers=range(30)):
        numbers = list(numbers)
        self.keys = [f"{number}.png" for number in numbers]
        self.labels = np.array(numbers, np.int32)
        self.class_names = [f"class {number}" for number in range(30)]
        self.concepts = [[f"concept {number}"] for number in numbers]
        self.contents = [b"" if number in bad else png(number) for number in numbers]

    def content(self, row: int) -> bytes:
        return self.contents[row]


def png(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (8 * number, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()
