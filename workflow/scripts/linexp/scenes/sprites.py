"""One object as a small antialiased picture, ready to be placed."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from PIL import Image

from .canvas import Canvas
from .kinds import KINDS
from .palette import OBJECT_TONES

_PROBE_MARGIN = 30
_PROBE_SIZE = 160
_PROBE_DIRECTIONS = 73
_OUTLINE_SHARE = 0.011


@dataclass(frozen=True)
class Pose:
    """An object's kind, colour, larger dimension (share of the image's side), tilt (degrees), mirroring and shade.

    The shade is in (-1, 1): below 0 darker, above 0 paler.
    """

    kind: str
    colour: str
    extent: float
    tilt: float
    flipped: bool
    shade: float

    @cached_property
    def box(self) -> tuple[float, float]:
        """Width and height as shares of the image's side."""
        spread = np.ptp(self._turned, axis=0)
        width, height = self.extent * spread / spread.max()
        return float(width), float(height)

    def matrix(self, left: float, top: float, size_px: float) -> np.ndarray:
        """Map (2, 3) from drawing units to pixels that puts the box at (left, top), shares of `size_px`."""
        turned = self._turned
        scale = size_px * self.extent / np.ptp(turned, axis=0).max()
        offset = size_px * np.array((left, top)) - scale * turned.min(axis=0)
        return np.column_stack((scale * self._turn, offset))

    @cached_property
    def _turn(self) -> np.ndarray:
        cos, sin = np.cos(np.radians(self.tilt)), np.sin(np.radians(self.tilt))
        return np.array(((cos, -sin), (sin, cos))) * (-1.0 if self.flipped else 1.0, 1.0)

    @cached_property
    def _turned(self) -> np.ndarray:
        return _silhouette(self.kind) @ self._turn.T


@cache
def _silhouette(kind: str) -> np.ndarray:
    """Outermost points of a kind in many directions, in drawing units (n, 2), found by drawing it once."""
    shift = np.array(((1.0, 0.0, _PROBE_MARGIN), (0.0, 1.0, _PROBE_MARGIN)))
    canvas = Canvas((_PROBE_SIZE, _PROBE_SIZE), shift)
    KINDS[kind].draw(canvas, OBJECT_TONES["red"])
    covered = np.argwhere(np.asarray(canvas.image.getchannel("A")) > 0)[:, ::-1]
    corners = np.concatenate([covered + corner for corner in ((0, 0), (0, 1), (1, 0), (1, 1))])
    angles = np.linspace(0, 2 * np.pi, _PROBE_DIRECTIONS)
    outermost = (corners @ np.stack((np.cos(angles), np.sin(angles)))).argmax(axis=0)
    return corners[outermost].astype(np.float64) - _PROBE_MARGIN


def supersampling(size: int) -> int:
    """Drawn pixels per final pixel and axis: fewer for images that are large anyway."""
    return 4 if size <= 128 else 3 if size <= 256 else 2


def draw_sprite(pose: Pose, left: float, top: float, size: int) -> tuple[Image.Image, tuple[int, int]]:
    """Draw an object with its box at (left, top), shares of the image's side.

    Returns the antialiased RGBA picture and its corner (x, y) in pixels of an image of `size` x `size`.
    """
    factor = supersampling(size)
    line = max(1, round(_OUTLINE_SHARE * size * factor))
    margin = 1 + line // factor
    low = np.floor(np.multiply((left, top), size)).astype(int) - margin
    high = np.ceil((np.array((left, top)) + pose.box) * size).astype(int) + margin
    matrix = pose.matrix(left, top, size * factor)
    matrix[:, 2] -= low * factor
    tone = OBJECT_TONES[pose.colour]
    canvas = Canvas(tuple((high - low) * factor), matrix, tone.dark)
    KINDS[pose.kind].draw(canvas, tone)
    canvas.outline(line)
    return canvas.image.reduce(factor), (int(low[0]), int(low[1]))
