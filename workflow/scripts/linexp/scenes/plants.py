"""Plants, drawn in a box of about 100 x 100 units, growing upwards."""

import numpy as np

from .canvas import Canvas, dome, slope
from .palette import CREAM, GOLD, LEAF, WOOD, Tone
from .shapes import ellipse, path, polygon, rounded, smooth


def tree(c: Canvas, tone: Tone) -> None:
    """A broad-leaved tree with a round crown."""
    c.shade(smooth((43, 56), (57, 56), (57, 84), (66, 100), (34, 100), (43, 84)), slope(WOOD))
    for x, y, r in ((22, 46, 21), (78, 46, 21), (50, 58, 20), (32, 22, 22), (68, 22, 22), (50, 36, 30)):
        c.shade(ellipse(x, y, r, r), dome(tone))
    for x, y in ((24, 58), (62, 60), (84, 52), (74, 26), (42, 46), (60, 42), (28, 32)):
        c.glaze(ellipse(x, y, 4.5, 2.8, -35), tone.dark, 0.8)


def pine(c: Canvas, tone: Tone) -> None:
    """A conifer of three tiers."""
    c.shade(rounded(43, 78, 57, 104, 3), slope(WOOD))
    for top, width, bottom in ((44, 38, 90), (20, 31, 64), (-6, 23, 36)):
        tier = polygon(
            (50, top),
            (50 + width, bottom - 4),
            (50 + 0.5 * width, bottom),
            (50, bottom - 5),
            (50 - 0.5 * width, bottom),
            (50 - width, bottom - 4),
        )
        c.shade(tier, slope(tone))
        with c.inside(tier):
            c.glaze(polygon((50, top), (50 + width, bottom), (54, bottom)), tone.dark, 0.6)


def cactus(c: Canvas, tone: Tone) -> None:
    """A cactus with two arms."""
    for arm in (path((50, 66), (24, 64), (20, 56), (20, 36)), path((50, 54), (76, 52), (81, 44), (81, 24))):
        c.stroke(arm, 16, tone.dark)
        c.stroke(arm - 1.2, 12, tone.main)
    c.shade(rounded(36, -2, 64, 100, 14), slope(tone))
    for x in (43, 50, 57):
        c.stroke(polygon((x, 10), (x, 97)), 2, tone.dark)
    c.stroke(polygon((39.5, 14), (39.5, 92)), 2.5, tone.light)
    for x, y in ((50, -3), (20, 29), (81, 17)):
        c.shade(ellipse(x, y, 7, 5), dome(CREAM))


def flower(c: Canvas, tone: Tone) -> None:
    """A flower with eight petals on a stem with two leaves."""
    c.stroke(path((50, 40), (51, 70), (50, 102)), 5, LEAF.main)
    c.shade(smooth((50, 94), (64, 74), (86, 70), (72, 88)), slope(LEAF))
    c.shade(smooth((50, 98), (36, 80), (16, 78), (28, 94)), slope(LEAF))
    for angle in np.arange(8) * 45.0:
        x, y = 50 + 25 * np.cos(np.radians(angle)), 32 + 25 * np.sin(np.radians(angle))
        c.fill(ellipse(x, y, 16, 12.5, angle), tone.dark)
        c.shade(ellipse(x, y, 14.5, 11, angle), dome(tone))
    c.shade(ellipse(50, 32, 14, 14), dome(GOLD))
    for x, y in ((46, 29), (54, 29), (50, 36)):
        c.fill(ellipse(x, y, 1.8, 1.8), GOLD.dark)
