"""The test images of CIFAR-100, in torchvision's layout."""

from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import LinexpError
from ..image_source import ImageSource
from .kind import Kind

HOW_TO_GET = "get it with torchvision.datasets.CIFAR100(root, download=True)"
KEYS = """
description: The test images of CIFAR-100, in torchvision's layout.
required: [root]
properties:
  root: {description: Path; environment variables are filled in., type: string, examples: [data/cifar100]}
  superclasses: {$ref: "#/$defs/superclasses", default: cifar100, examples: [cifar100]}
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""


class Cifar100Images(ImageSource):
    """The test images of CIFAR-100 in torchvision's layout (which checks their MD5 before it reads them)."""

    def __init__(self, root: str | Path):
        from torchvision.datasets import CIFAR100

        try:
            data = CIFAR100(root, train=False)
        except RuntimeError as error:
            reason = str(error).partition(".")[0]
            raise LinexpError(f"{root}: {reason}; {HOW_TO_GET}") from error
        self._pixels = data.data
        self.keys = [f"row{row:08d}" for row in range(len(data))]
        self.labels = np.array(data.targets, np.int32)
        self.class_names = [name.replace("_", " ") for name in data.classes]

    def content(self, row: int) -> bytes:
        return self._pixels[row].tobytes()

    def decode(self, content: bytes) -> Image.Image:
        return Image.fromarray(np.frombuffer(content, np.uint8).reshape(self._pixels.shape[1:]))


KIND = Kind(
    keys=KEYS,
    how_to_get=HOW_TO_GET,
    labels=lambda _entry: {"classes"},
    open=lambda _entry, paths, _class_names: Cifar100Images(paths[0]),
    images=lambda _entry: 10_000,
)
