"""The colours of the scenes: eight for objects, each in three shades, and neutral ones for their details."""

from typing import NamedTuple

Rgb = tuple[int, int, int]


class Tone(NamedTuple):
    """One colour as paint: lit side, colour proper, shadow side (RGB, 0-255)."""

    light: Rgb
    main: Rgb
    dark: Rgb

    def shaded(self) -> "Tone":
        """The same paint on a side turned from the light."""
        return Tone(self.main, blend(self.main, self.dark, 0.65), self.dark)


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Mix two colours; `share` in [0, 1] is the part of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


OBJECT_TONES = {
    "red": Tone((255, 110, 98), (226, 40, 46), (158, 16, 40)),
    "orange": Tone((255, 184, 92), (250, 130, 18), (204, 92, 6)),
    "yellow": Tone((255, 240, 130), (252, 212, 30), (206, 154, 8)),
    "green": Tone((128, 220, 112), (46, 166, 62), (14, 108, 52)),
    "teal": Tone((120, 236, 222), (20, 186, 178), (4, 124, 128)),
    "blue": Tone((116, 172, 255), (40, 100, 228), (24, 54, 158)),
    "purple": Tone((196, 142, 250), (136, 66, 204), (86, 30, 146)),
    "pink": Tone((255, 188, 220), (250, 112, 176), (206, 58, 130)),
}

INK: Rgb = (44, 36, 58)
WHITE: Rgb = (255, 255, 255)
BLUSH: Rgb = (255, 128, 140)

CREAM = Tone((255, 252, 242), (246, 238, 222), (214, 202, 188))
GLASS = Tone((236, 248, 255), (190, 222, 240), (132, 172, 204))
GOLD = Tone((255, 226, 140), (246, 178, 66), (206, 128, 40))
RUBBER = Tone((92, 90, 104), (58, 56, 70), (34, 32, 44))
STEEL = Tone((240, 242, 248), (200, 204, 216), (146, 150, 168))
WOOD = Tone((178, 140, 112), (138, 102, 80), (98, 70, 58))
LEAF = Tone((142, 170, 120), (104, 138, 94), (70, 100, 70))
