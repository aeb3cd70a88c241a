"""The places in which scenes are set: sky above a horizon, land or water below it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

from .canvas import Canvas, bands
from .palette import Rgb
from .shapes import Shape, arc, ellipse, path, polygon
from .sprites import supersampling

VARIANTS = 48
_HORIZON = (55.0, 66.0)
_DETAIL = (0.7, 1.7)
_RELIEF = (0.6, 1.3)


@dataclass(frozen=True)
class Background:
    """A place. Its colours are those of noon: `light` tints them.

    Attributes
    ----------
    surface : what is below the horizon.
    sky, ground : colours from top to bottom.
    patch : colours of the other surface where an object needs it (pond or island), from back to front.
    rim : the edge of such a patch.
    ripple : light on the water.
    paint : draws the details, given the horizon in units of a hundredth of the side.
    paint_sky : draws what is behind them.
    """

    surface: Literal["land", "water"]
    sky: tuple[Rgb, ...]
    ground: tuple[Rgb, ...]
    patch: tuple[Rgb, Rgb]
    rim: Rgb
    ripple: Rgb
    paint: Callable[[Canvas, float, np.random.Generator], None]
    paint_sky: Callable[[Canvas, np.random.Generator], None] | None = None


def horizon(name: str, variant: int) -> float:
    """Height of the horizon as a share of the image's side, from the top."""
    return float(_variant_rng(name, variant).uniform(*_HORIZON)) / 100


@lru_cache(maxsize=1024)
def draw_background(name: str, variant: int, size: int) -> tuple[Image.Image, Image.Image]:
    """Draw one of the variants of a background, `size` x `size`; callers copy before they draw on it.

    Returns
    -------
    tuple[Image.Image, Image.Image]
        The picture (RGB), and how much of each pixel is ground (L).
    """
    rng, place = _variant_rng(name, variant), BACKGROUNDS[name]
    level = rng.uniform(*_HORIZON)  # the first draw, as in horizon()
    factor = supersampling(size)
    side, scale = (size * factor, size * factor), size * factor / 100 * np.eye(2, 3)
    sky, ground = Canvas(side, scale), Canvas(side, scale)
    sky.shade(_box(-1, level + 1), bands(*place.sky))
    if place.paint_sky is not None:
        place.paint_sky(sky, rng)
    sky.shade(_box(level, 101), bands(*place.ground))
    ground.shade(_box(level, 101), bands(*place.ground))
    place.paint(ground, level, rng)
    whole = Image.alpha_composite(sky.image, ground.image).convert("RGB")
    return whole.reduce(factor), ground.image.getchannel("A").reduce(factor)


def _variant_rng(name: str, variant: int) -> np.random.Generator:
    return np.random.default_rng((list(BACKGROUNDS).index(name), variant))


def _box(top: float, bottom: float) -> Shape:
    return polygon((-1, top), (101, top), (101, bottom), (-1, bottom))


def _hills(rng: np.random.Generator, base: float, height: float, waves: float) -> Shape:
    """A rolling line about `height` above `base`, closed below it."""
    height, waves = np.array((height, waves)) * rng.uniform(*_RELIEF, 2)
    x = np.linspace(-2, 102, 60)
    phases = rng.uniform(0, 2 * np.pi, 2)
    roll = 0.5 + 0.3 * np.sin(waves * x / 16 + phases[0]) + 0.2 * np.sin(2.3 * waves * x / 16 + phases[1])
    return np.vstack((np.column_stack((x, base - height * roll)), ((102, base + 2), (-2, base + 2))))


def _spots(rng: np.random.Generator, count: int, top: float, bottom: float) -> np.ndarray:
    """About `count` random places (n, 2), one in each of n columns."""
    count = round(count * rng.uniform(*_DETAIL))
    columns = rng.permutation(count) + rng.uniform(0.1, 0.9, count)
    return np.column_stack((100 * columns / count, np.linspace(top, bottom, count)))


def _meadow(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 15, 1.0), bands((186, 222, 178), (168, 214, 156)))
    c.shade(_hills(rng, level, 7, 1.6), bands((160, 214, 132), (170, 220, 128)))
    c.shade(_hills(rng, level + 19, 11, 0.9), bands((178, 224, 122), (160, 212, 108)))
    c.shade(_box(level + 20.9, 101), bands((160, 212, 108), (132, 194, 92)))
    for x, y in _spots(rng, 13, level + 5, 98):
        for lean in (-1.5, 0.0, 1.5):
            c.stroke(path((x + lean / 2, y), (x + lean * 1.5, y - 3.4)), 1.1, (96, 158, 68))


def _desert(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 9, 0.8), bands((250, 222, 168), (242, 206, 146)))
    for depth, light in ((11, (252, 226, 172)), (24, (250, 218, 158)), (40, (246, 208, 144))):
        c.shade(_hills(rng, level + depth, 9, 0.7), bands(light, (236, 192, 128)))
        c.shade(_box(level + depth + 1.9, 101), bands((236, 192, 128), (224, 172, 108)))
    for x, y in _spots(rng, 9, level + 6, 97):
        for lower, width in ((0, 6), (2.4, 4)):
            c.stroke(arc(x, y + lower, width, 1.6, 200, 340), 1.0, (206, 158, 102))


def _sea(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_box(level, level + 3), bands((206, 240, 250), (112, 196, 232)))
    for x, y in _spots(rng, 16, level + 4, 98):
        width = 1.5 + 3.5 * (y - level) / 40
        for side in (-1, 1):
            c.stroke(arc(x + side * 0.75 * width, y - width, width, width, 45, 135), 1.2, (196, 236, 250))


def _snow(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 17, 1.1), bands((168, 188, 224), (192, 208, 236)))
    c.shade(_hills(rng, level, 8, 1.7), bands((226, 236, 250), (242, 247, 254)))
    c.shade(_hills(rng, level + 20, 10, 0.8), bands((252, 254, 255), (234, 241, 252)))
    c.shade(_box(level + 21.9, 101), bands((234, 241, 252), (214, 226, 244)))
    for x, y in _spots(rng, 34, 2, 98):
        radius = rng.uniform(0.7, 1.5)
        c.fill(ellipse(x, y, radius, radius), (255, 255, 255))


def _aurora(c: Canvas, rng: np.random.Generator) -> None:
    veil = Canvas(c.image.size, 0.01 * c.image.width * np.eye(2, 3))
    base, phase = rng.uniform(14, 30), rng.uniform(0, 6.28)
    x = np.linspace(-5, 105, 40)
    line = base + 7 * np.sin(x / 17 + phase) + 3 * np.sin(x / 7 + 2 * phase)
    for lift, colour in ((0, (70, 214, 176)), (8, (120, 130, 226))):
        edge = np.column_stack((x, line + lift))
        veil.fill(np.vstack((edge, edge[::-1] + np.array((0, 9)))), colour)
    glow = veil.image.convert("RGBa").filter(ImageFilter.GaussianBlur(0.03 * c.image.width)).convert("RGBA")
    c.image.paste(glow, (0, 0), glow.getchannel("A").point(lambda alpha: 0.75 * alpha))


def _night(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 14, 1.1), bands((60, 58, 124), (54, 62, 124)))
    c.shade(_hills(rng, level, 6, 1.8), bands((48, 60, 116), (54, 74, 122)))
    for x, y in _spots(rng, 9, level + 6, 97):
        c.glaze(ellipse(x, y, 2.2, 2.2), (206, 226, 120), 0.3)
        c.fill(ellipse(x, y, 0.9, 0.9), (232, 242, 150))


def _sunset(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 9, 0.9), bands((190, 96, 132), (216, 120, 122)))
    c.shade(_box(level, 101), bands((250, 186, 128), (226, 126, 128), (150, 84, 140), (106, 62, 128)))
    for x, y in _spots(rng, 18, level + 2, 97):
        width = 2.5 + 6.0 * (y - level) / 40
        c.stroke(polygon((x - width, y), (x + width, y)), 1.2, (255, 214, 164))


def _rain(c: Canvas, level: float, rng: np.random.Generator) -> None:
    c.shade(_hills(rng, level, 13, 1.2), bands((142, 158, 172), (134, 152, 162)))
    c.shade(_hills(rng, level, 6, 1.7), bands((130, 152, 152), (132, 156, 148)))
    for x, y in _spots(rng, 4, level + 9, 95):
        c.fill(ellipse(x, y, 9, 2), (146, 168, 176))
        c.fill(ellipse(x - 1, y - 0.3, 6, 1.0), (176, 194, 202))
    for x, y in _spots(rng, 30, 3, 96):
        c.stroke(polygon((x, y), (x - 1.8, y + 5.5)), 1.2, (206, 220, 232))


_WATER = ((104, 190, 230), (44, 132, 200))

BACKGROUNDS: dict[str, Background] = {
    "meadow": Background(
        surface="land",
        sky=((120, 196, 246), (222, 242, 252)),
        ground=((170, 220, 128), (132, 194, 92)),
        patch=_WATER,
        rim=(220, 206, 150),
        ripple=(200, 236, 248),
        paint=_meadow,
    ),
    "desert": Background(
        surface="land",
        sky=((122, 206, 236), (255, 242, 212)),
        ground=((246, 214, 156), (224, 172, 108)),
        patch=((110, 208, 212), (40, 148, 172)),
        rim=(168, 186, 104),
        ripple=(206, 244, 240),
        paint=_desert,
    ),
    "sea": Background(
        surface="water",
        sky=((140, 208, 248), (234, 248, 252)),
        ground=((112, 196, 232), (34, 112, 186)),
        patch=((252, 232, 182), (226, 190, 128)),
        rim=(196, 236, 246),
        ripple=(214, 242, 250),
        paint=_sea,
    ),
    "snow": Background(
        surface="land",
        sky=((146, 178, 224), (208, 222, 244)),
        ground=((242, 247, 254), (226, 236, 249)),
        patch=((150, 206, 236), (84, 154, 208)),
        rim=(255, 255, 255),
        ripple=(232, 246, 254),
        paint=_snow,
    ),
    "night": Background(
        surface="land",
        sky=((20, 22, 76), (82, 72, 156)),
        ground=((54, 74, 122), (30, 42, 86)),
        patch=((86, 116, 190), (46, 62, 132)),
        rim=(36, 50, 94),
        ripple=(146, 170, 226),
        paint=_night,
        paint_sky=_aurora,
    ),
    "sunset": Background(
        surface="water",
        sky=((94, 66, 148), (228, 108, 128), (255, 184, 104)),
        ground=((250, 186, 128), (106, 62, 128)),
        patch=((246, 198, 156), (204, 138, 128)),
        rim=(255, 222, 176),
        ripple=(255, 214, 164),
        paint=_sunset,
    ),
    "rain": Background(
        surface="land",
        sky=((104, 118, 140), (186, 198, 208)),
        ground=((132, 156, 148), (92, 118, 112)),
        patch=((128, 178, 214), (66, 116, 164)),
        rim=(92, 116, 104),
        ripple=(192, 212, 224),
        paint=_rain,
    ),
}
