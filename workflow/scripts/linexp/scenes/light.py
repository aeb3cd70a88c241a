"""The light of a scene: the hour, the weather, the exposure, the same for every kind of place.

An untrained network follows the mean colour, brightness and contrast of an image. These come from here, so they say
nothing of what is in a scene.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from .palette import Rgb

_LUMA = np.array((0.299, 0.587, 0.114), np.float32)
_OWN = 0.3
_COLOUR = (0.8, 1.7)
_HAZE = (0.03, 0.16)
_EXPOSURE = 0.15
_CONTRAST = (0.06, 0.17)
_REACH = 2.2
_BRIGHTNESS_LIMITS = (0.3, 0.82)


class Hour(NamedTuple):
    """Colours at the top of the sky, above the horizon, below it, and in front."""

    zenith: Rgb
    low_sky: Rgb
    distance: Rgb
    foreground: Rgb


_HOURS = (
    Hour((90, 170, 245), (215, 238, 252), (150, 205, 110), (110, 175, 80)),
    Hour((110, 200, 235), (250, 240, 215), (245, 215, 155), (225, 175, 110)),
    Hour((120, 195, 245), (225, 243, 250), (100, 190, 225), (40, 120, 190)),
    Hour((100, 70, 150), (255, 180, 110), (240, 170, 130), (110, 65, 130)),
    Hour((150, 140, 220), (255, 205, 200), (235, 190, 205), (160, 120, 160)),
    Hour((240, 180, 90), (255, 235, 180), (215, 160, 80), (150, 100, 50)),
    Hour((25, 30, 90), (90, 90, 170), (60, 80, 130), (30, 45, 90)),
    Hour((15, 60, 80), (90, 180, 150), (40, 100, 100), (20, 60, 70)),
    Hour((140, 160, 230), (230, 225, 250), (180, 150, 215), (120, 90, 170)),
    Hour((150, 190, 215), (245, 230, 205), (225, 140, 70), (165, 85, 45)),
    Hour((95, 110, 130), (180, 190, 200), (120, 140, 135), (85, 110, 105)),
    Hour((170, 215, 210), (230, 245, 240), (150, 200, 180), (100, 160, 140)),
    Hour((225, 150, 120), (250, 215, 190), (205, 105, 75), (150, 65, 55)),
    Hour((60, 30, 100), (160, 90, 170), (90, 60, 120), (55, 35, 85)),
    Hour((120, 210, 220), (250, 250, 200), (215, 215, 100), (165, 175, 60)),
    Hour((255, 160, 190), (255, 225, 215), (245, 160, 175), (200, 100, 135)),
)


class Light(NamedTuple):
    """How a scene is lit.

    Attributes
    ----------
    tints : chroma (RGB less luma) of the four colours of an hour, float (4, 3).
    brightness, contrast : mean and standard deviation of the luma of the surroundings, in [0, 1].
    haze : share of their mean colour in that of the objects.
    """

    tints: np.ndarray
    brightness: float
    contrast: float
    haze: float


def draw_light(rng: np.random.Generator) -> Light:
    """A light at random, whatever the place."""
    hour = np.array(_HOURS[rng.integers(len(_HOURS))]) / 255
    luma = hour @ _LUMA
    brightness = np.clip(luma.mean() + rng.uniform(-_EXPOSURE, _EXPOSURE), *_BRIGHTNESS_LIMITS)
    tints = (hour - luma[:, None]) * rng.uniform(*_COLOUR)
    return Light(tints, brightness, np.exp(rng.uniform(*np.log(_CONTRAST))), rng.uniform(*_HAZE))


class Lighting:
    """A light fitted to one picture.

    Parameters
    ----------
    picture : RGB (size, size).
    ground : float (size, size), how much of each pixel is ground; the rest is sky, or reflects it.
    level : height of the horizon, as a share of the side.
    light : what it is to look like.
    """

    def __init__(self, picture: Image.Image, ground: np.ndarray, level: float, light: Light) -> None:
        self._light = light
        rgb = np.asarray(picture, np.float32) / 255
        luma = rgb @ _LUMA
        self._mean, self._spread = luma.mean(), luma.std()
        height = (np.arange(len(luma)) + 0.5) / len(luma)
        sky, land = (
            np.stack([np.interp(height, ends, tints) for tints in pair.T], axis=-1)
            for ends, pair in (((0, level), light.tints[:2]), ((level, 1), light.tints[2:]))
        )
        tint = (sky[:, None] + ground[..., None] * (land - sky)[:, None]).astype(np.float32)
        self._pixels = 255 * self._lit(rgb, tint)
        self._air = self._pixels.mean(axis=(0, 1))

    def picture(self) -> Image.Image:
        """The picture in this light."""
        return Image.fromarray(self._pixels.round().astype(np.uint8))

    def colour(self, colour: Rgb) -> Rgb:
        """A colour near the front in this light."""
        pixel = 255 * self._lit(np.array(colour, np.float32) / 255, self._light.tints[1])
        red, green, blue = pixel.round().astype(int).tolist()
        return red, green, blue

    def _lit(self, rgb: np.ndarray, tint: np.ndarray) -> np.ndarray:
        luma = (rgb @ _LUMA)[..., None]
        chroma = _OWN * (rgb - luma) + (1 - _OWN) * tint
        # nothing is further from the mean than `_REACH` contrasts, so ponds are not black
        relief = _REACH * np.tanh((luma - self._mean) / self._spread / _REACH)
        return np.clip(self._light.brightness + self._light.contrast * relief + chroma, 0, 1)

    def seen(self, picture: Image.Image, shade: float) -> Image.Image:
        """An object's RGBA picture, mixed with black or white by its shade, through the haze."""
        values = np.arange(256)
        shaded = values + shade * (255 - values if shade > 0 else values)
        seen = (1 - self._light.haze) * shaded + self._light.haze * self._air[:, None]
        return picture.point([*seen.round().astype(int).ravel().tolist(), *values.tolist()])
