"""A drawing surface: shapes in drawing units go through an affine map to supersampled pixels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFilter

from .palette import Rgb, Tone
from .shapes import Shape

_TILE = 128
_JOINED_WIDTH = 6  # in pixels: gaps at the bends of thinner lines vanish in the reduction
_ABOVE_AN_EIGHTH = [0] * 32 + [255] * 224


class Canvas:
    """An RGBA image, transparent at first, on which shapes are drawn without antialiasing.

    Parameters
    ----------
    size : (width, height) in pixels.
    matrix : float64 (2, 3), drawing units to pixels.
    backing : the colour that the outline will have.
    """

    def __init__(self, size: tuple[int, int], matrix: np.ndarray, backing: Rgb = (0, 0, 0)) -> None:
        self._matrix = matrix
        self._use(Image.new("RGBA", size, (*backing, 0)))
        self._scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

    def fill(self, shape: Shape, colour: Rgb) -> None:
        """Paint a shape in one colour."""
        self._pen.polygon(self._pixels(shape).ravel().tolist(), fill=colour)

    def shade(self, shape: Shape, tile: Image.Image) -> None:
        """Paint a shape with a tile stretched over its bounding box, upright whatever the map."""
        mask, corner = self._mask(shape, 255)
        self.image.paste(tile.resize(mask.size, Image.Resampling.NEAREST), corner, mask)

    def glaze(self, shape: Shape, colour: Rgb, opacity: float) -> None:
        """Lay one colour thinly over what is there; `opacity` in [0, 1]."""
        mask, corner = self._mask(shape, round(255 * opacity))
        x, y = corner
        self.image.paste(colour, (x, y, x + mask.width, y + mask.height), mask)

    def stroke(self, line: Shape, width: float, colour: Rgb) -> None:
        """Draw a line with round ends, `width` in drawing units."""
        pixels = self._pixels(line)
        width_px = max(1, round(width * self._scale))
        joint = "curve" if width_px >= _JOINED_WIDTH else None
        self._pen.line(pixels.ravel().tolist(), fill=colour, width=width_px, joint=joint)
        for x, y in pixels[[0, -1]]:
            self._pen.circle((x, y), (width_px - 1) / 2, fill=colour)

    @contextmanager
    def inside(self, shape: Shape) -> Iterator[None]:
        """Keep what is drawn meanwhile within a shape."""
        outer = self.image
        self._use(outer.copy())
        yield
        mask = Image.new("1", outer.size)
        ImageDraw.Draw(mask).polygon(self._pixels(shape).ravel().tolist(), fill=1)
        outer.paste(self.image, (0, 0), mask)
        self._use(outer)

    def outline(self, width_px: int) -> None:
        """Surround everything drawn so far with about `width_px` pixels of the backing colour."""
        grown = self.image.getchannel("A").filter(ImageFilter.BoxBlur(width_px)).point(_ABOVE_AN_EIGHTH)
        self.image.putalpha(grown)

    def _use(self, image: Image.Image) -> None:
        """Make `image` the one that is drawn on."""
        self.image = image
        self._pen = ImageDraw.Draw(image)

    def _mask(self, shape: Shape, level: int) -> tuple[Image.Image, tuple[int, int]]:
        """A mask of the shape's bounding box and the box's corner (x, y) in pixels."""
        pixels = self._pixels(shape)
        low = pixels.min(axis=0).astype(int)
        width, height = (pixels.max(axis=0) - low).astype(int) + 2
        mask = Image.new("L", (int(width), int(height)))
        ImageDraw.Draw(mask).polygon((pixels - low).ravel().tolist(), fill=level)
        return mask, (int(low[0]), int(low[1]))

    def _pixels(self, shape: Shape) -> np.ndarray:
        return shape @ self._matrix[:, :2].T + self._matrix[:, 2]


@cache
def slope(tone: Tone) -> Image.Image:
    """A tile for flat or long things: lit from the upper left, in shade at the lower right."""
    y, x = np.mgrid[0.0 : 1.0 : _TILE * 1j, 0.0 : 1.0 : _TILE * 1j]
    return _ramp(0.35 * x + 0.65 * y, (0.0, 0.4, 0.65, 1.0), _shades(tone))


@cache
def dome(tone: Tone) -> Image.Image:
    """A tile for round things: a highlight up on the left, shade around the lower right."""
    y, x = np.mgrid[0.0 : 1.0 : _TILE * 1j, 0.0 : 1.0 : _TILE * 1j]
    return _ramp(np.hypot(x - 0.34, y - 0.28), (0.0, 0.3, 0.55, 0.92), _shades(tone))


@cache
def bands(*colours: Rgb) -> Image.Image:
    """A tile that runs through colours from top to bottom."""
    position = np.broadcast_to(np.linspace(0.0, 1.0, 4 * _TILE)[:, None], (4 * _TILE, 2))
    return _ramp(position, np.linspace(0.0, 1.0, len(colours)), colours)


def _shades(tone: Tone) -> np.ndarray:
    """Four stops: a full highlight and full shadow only at the ends, the colour proper between."""
    light, main, dark = np.array(tone, dtype=np.float64)
    return np.stack((light, main, main, 0.3 * main + 0.7 * dark))


def _ramp(position: np.ndarray, stops: Sequence[float] | np.ndarray, colours: ArrayLike) -> Image.Image:
    """Colours interpolated at positions (h, w) between stops (n_stops,) with colours (n_stops, 3)."""
    channels = [np.interp(position, stops, channel) for channel in np.asarray(colours, dtype=np.float64).T]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8)).convert("RGBA")
