"""Buildings, drawn in a box of about 100 x 100 units, standing at its bottom."""

import numpy as np

from .canvas import Canvas, slope
from .palette import CREAM, GOLD, INK, STEEL, WOOD, Tone
from .parts import port, window
from .shapes import Shape, arc, ellipse, polygon, rounded, smooth


def house(c: Canvas, tone: Tone) -> None:
    """A house with a pitched roof, a chimney, a door and two windows."""
    c.shade(rounded(70, 4, 82, 36, 2), slope(tone.shaded()))
    c.shade(polygon((12, 44), (88, 44), (88, 100), (12, 100)), slope(tone))
    c.fill(polygon((12, 44), (88, 44), (88, 51), (12, 51)), tone.dark)
    c.shade(polygon((50, -2), (104, 46), (-4, 46)), slope(tone.shaded()))
    c.stroke(polygon((0, 44), (50, 0), (100, 44)), 4, tone.dark)
    port(c, 50, 27, 8, CREAM.main)
    for x in (19, 63):
        c.fill(rounded(x, 57, x + 18, 77, 2), CREAM.main)
        window(c, x + 2.5, 59.5, x + 15.5, 74.5)
        c.stroke(polygon((x + 9, 60), (x + 9, 74)), 1.8, CREAM.main)
    c.shade(_door(42, 64, 58, 100), slope(WOOD))
    c.fill(ellipse(54, 84, 2, 2), GOLD.light)


def castle(c: Canvas, tone: Tone) -> None:
    """A castle with three towers, battlements and flags."""
    _flag(c, 50, -8, tone)
    c.shade(polygon((32, 20), (68, 20), (68, 60), (32, 60)), slope(tone))
    _battlements(c, 30, 70, 12, tone)
    c.shade(polygon((14, 56), (86, 56), (86, 100), (14, 100)), slope(tone))
    for x0, x1 in ((-4, 24), (76, 104)):
        _flag(c, (x0 + x1) / 2, 4, tone)
        c.shade(polygon((x0 + 2, 38), (x1 - 2, 38), (x1 - 2, 100), (x0 + 2, 100)), slope(tone))
        c.shade(polygon(((x0 + x1) / 2, 10), (x1 + 3, 40), (x0 - 3, 40)), slope(tone.shaded()))
        window(c, (x0 + x1) / 2 - 4, 50, (x0 + x1) / 2 + 4, 66, 4)
    _battlements(c, 24, 76, 48, tone)
    for x in (42, 50, 58):
        c.fill(rounded(x - 2, 30, x + 2, 40, 2), INK)
    c.shade(_door(37, 68, 63, 100), slope(WOOD))


def _battlements(c: Canvas, x0: float, x1: float, y: float, tone: Tone) -> None:
    """A wall walk from x0 to x1 with merlons on it."""
    step = (x1 - x0) / 7
    for i in range(0, 7, 2):
        c.fill(
            polygon(
                (x0 + i * step, y),
                (x0 + (i + 1) * step, y),
                (x0 + (i + 1) * step, y + 9),
                (x0 + i * step, y + 9),
            ),
            tone.main,
        )
    c.fill(polygon((x0, y + 8), (x1, y + 8), (x1, y + 13), (x0, y + 13)), tone.dark)


def _flag(c: Canvas, x: float, y: float, tone: Tone) -> None:
    """A pennant on a staff of 22 units."""
    c.stroke(polygon((x, y), (x, y + 22)), 2.5, STEEL.dark)
    c.fill(polygon((x, y - 1), (x + 16, y + 5), (x, y + 11)), tone.main)


def lighthouse(c: Canvas, tone: Tone) -> None:
    """A striped lighthouse with a lit lantern."""
    tower = polygon((38, 26), (62, 26), (70, 102), (30, 102))
    c.shade(tower, slope(tone))
    with c.inside(tower):
        for y in (42, 72):
            c.shade(polygon((20, y), (80, y), (80, y + 13), (20, y + 13)), slope(CREAM))
        c.glaze(polygon((56, 26), (62, 26), (70, 102), (58, 102)), tone.dark, 0.3)
    c.shade(rounded(41, 6, 59, 24, 1), slope(_LIGHT))
    c.stroke(polygon((50, 6), (50, 22)), 2, tone.dark)
    c.fill(rounded(32, 20, 68, 28, 3), tone.dark)
    c.shade(smooth((50, -14), (60, 0), (64, 8), (50, 9), (36, 8), (40, 0)), slope(tone.shaded()))
    c.shade(_door(44, 87, 56, 100), slope(WOOD))
    c.fill(rounded(24, 99, 76, 106, 3), tone.dark)


def windmill(c: Canvas, tone: Tone) -> None:
    """A windmill with four sails."""
    c.shade(polygon((36, 34), (64, 34), (74, 102), (26, 102)), slope(tone))
    c.fill(rounded(28, 58, 72, 64, 2), tone.dark)
    c.shade(smooth((50, 12), (66, 24), (68, 36), (32, 36), (34, 24)), slope(tone.shaded()))
    c.shade(_door(42, 80, 58, 102), slope(WOOD))
    window(c, 45, 67, 55, 76)
    for turn in (20.0, 110.0, 200.0, 290.0):
        (x0, y0), (x1, y1) = arc(0, 0, 54, 54, turn, turn + 22)[[0, -1]]
        cloth = polygon(
            *((50 + r * x, 36 + r * y) for x, y, r in ((x0, y0, 0.26), (x0, y0, 1), (x1, y1, 1), (x1, y1, 0.26)))
        )
        c.shade(cloth, slope(Tone(tone.light, tone.light, tone.main)))
        c.stroke(polygon((50, 36), (50 + x0, 36 + y0)), 4, tone.dark)
        c.stroke(polygon((50 + 0.6 * x0, 36 + 0.6 * y0), (50 + 0.6 * x1, 36 + 0.6 * y1)), 2, tone.dark)
    c.fill(ellipse(50, 36, 5, 5), tone.dark)


def tent(c: Canvas, tone: Tone) -> None:
    """A ridge tent with an open entrance."""
    c.stroke(polygon((50, 14), (50, 0)), 3.5, WOOD.dark)
    c.fill(polygon((51, -3), (70, 3), (51, 9)), tone.dark)
    c.shade(polygon((50, 10), (104, 100), (50, 100)), slope(tone.shaded()))
    c.shade(polygon((50, 10), (78, 100), (-4, 100)), slope(tone))
    c.fill(polygon((47, 38), (62, 100), (30, 100)), INK)
    c.fill(polygon((47, 36), (46, 64), (30, 101), (20, 101)), tone.light)
    c.stroke(polygon((50, 12), (0, 97)), 3, tone.light)


def _door(x0: float, y0: float, x1: float, y1: float) -> Shape:
    """A doorway with a round arch."""
    radius = (x1 - x0) / 2
    return np.vstack((arc(x0 + radius, y0 + radius, radius, radius, 180, 360), ((x1, y1), (x0, y1))))


_LIGHT = Tone((255, 255, 240), (255, 246, 190), (250, 220, 120))
