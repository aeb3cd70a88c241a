"""Entries of networks, and a photo to preprocess."""

import numpy as np
from PIL import Image


def photo(width: int, height: int) -> Image.Image:
    """Smooth colours with an edge, so that a wrong resize, crop or order of channels shows."""
    y, x = np.mgrid[:height, :width]
    channels = [x * 255 / width, y * 255 / height, (x > width / 3) * 200.0]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def settings(source: str, name: str, weights: str = "none", **further) -> dict:
    return {"source": source, "name": name, "weights": weights, "arguments": {}, **further}
