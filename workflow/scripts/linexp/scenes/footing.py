"""What ties an object to the ground: its shadow, a pond or an island, ripples of water."""

import numpy as np
from PIL import Image

from .backgrounds import Background
from .canvas import Canvas, bands
from .palette import Rgb
from .placement import Box, patch_radii
from .shapes import Shape, arc, smooth
from .sprites import supersampling

Layer = tuple[Image.Image, tuple[int, int]]

_SHADOW: Rgb = (26, 22, 54)
_SHADOW_DEPTH = 0.44
_COAST: Shape = smooth(
    *((-1, 0.05), (-0.82, -0.6), (-0.3, -0.95), (0.25, -0.85), (0.8, -0.7)),
    *((1, 0), (0.75, 0.7), (0.2, 0.9), (-0.4, 0.98), (-0.85, 0.6)),
)


def cast_shadow(image: Image.Image, box: Box) -> None:
    """Darken the ground softly under an object."""
    size = image.width
    x, y = box.foot
    pixels = (np.arange(size) + 0.5) / size
    across = (pixels - x - 0.03 * box.width) / (0.58 * box.width)
    along = (pixels - y + 0.01) / (0.05 + 0.06 * box.width)
    depth = np.clip(1 - across**2 - along[:, None] ** 2, 0, 1) * _SHADOW_DEPTH
    image.paste(_SHADOW, (0, 0, size, size), Image.fromarray((255 * depth).astype(np.uint8)))


def patch(box: Box, ground: Background, size: int) -> Layer:
    """A pond or an island under an object: RGBA and its corner in pixels."""
    rx, ry = patch_radii(box.width)
    x, y = box.foot
    canvas, corner = _canvas(Box(x - 1.2 * rx, y - 1.3 * ry, 2.4 * rx, 2.6 * ry), size)
    canvas.fill(_COAST * (rx, ry) + box.foot, ground.rim)
    canvas.shade(_COAST * (0.9 * rx, 0.9 * ry) + box.foot, bands(*ground.patch))
    return canvas.image.reduce(supersampling(size)), corner


def ripples(box: Box, colour: Rgb, size: int) -> Layer:
    """Light where an object meets the water: RGBA and its corner in pixels."""
    x, y = box.foot
    canvas, corner = _canvas(Box(box.left - 0.05, y - 0.05, box.width + 0.1, 0.1), size)
    for dx, dy, radius in ((0.0, -0.01, 0.46), (-0.18, 0.012, 0.24), (0.22, 0.016, 0.2)):
        line = arc(0, 0, 1, 1, 25, 155) * (radius * box.width, 0.018) + (x + dx * box.width, y + dy)
        canvas.stroke(line, 0.016, colour)
    return canvas.image.reduce(supersampling(size)), corner


def _canvas(box: Box, size: int) -> tuple[Canvas, tuple[int, int]]:
    """A canvas for part of the image, drawn on in shares of its side, and its corner in pixels."""
    factor = supersampling(size)
    left, top = int(np.floor(box.left * size)), int(np.floor(box.top * size))
    width, height = int(np.ceil(box.width * size)) + 1, int(np.ceil(box.height * size)) + 1
    matrix = np.array(((size, 0.0, -left), (0.0, size, -top))) * factor
    return Canvas((width * factor, height * factor), matrix), (left, top)
