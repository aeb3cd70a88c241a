"""Things of the sky, with friendly faces, drawn in a box of about 100 x 100 units."""

import numpy as np

from .canvas import Canvas, dome, slope
from .palette import Tone
from .parts import face
from .shapes import arc, ellipse, rounded
from .shapes import star as star_shape


def sun(c: Canvas, tone: Tone) -> None:
    """A sun: a disc in a ring of rays."""
    c.shade(star_shape(50, 50, 54, 34, 12), slope(tone))
    c.fill(ellipse(50, 50, 35, 35), tone.dark)
    c.shade(ellipse(50, 50, 32, 32), dome(tone))
    face(c, 50, 46, 28)


def moon(c: Canvas, tone: Tone) -> None:
    """A crescent moon."""
    c.shade(_CRESCENT, dome(tone))
    for x, y, r in ((34, 80, 6), (60, 92, 4.5), (26, 26, 5)):
        c.glaze(ellipse(x, y, r, r), tone.dark, 0.6)
    face(c, 26, 48, 18)


def star(c: Canvas, tone: Tone) -> None:
    """A five-pointed star."""
    c.shade(star_shape(50, 54, 58, 26, 5), slope(tone))
    c.glaze(star_shape(50, 54, 40, 20, 5), tone.light, 0.45)
    face(c, 50, 52, 22)


def cloud(c: Canvas, tone: Tone) -> None:
    """A cloud with a flat bottom."""
    c.shade(rounded(-8, 46, 108, 80, 17), slope(tone))
    for x, y, r in ((16, 50, 20), (84, 52, 18), (64, 36, 25), (36, 32, 28)):
        c.shade(ellipse(x, y, r, r), dome(tone))
    c.fill(rounded(8, 48, 92, 78, 14), tone.main)
    face(c, 50, 56, 30)


_CRESCENT = np.concatenate((arc(50, 50, 50, 50, 50, 310), arc(84, 50, 38, 38, 267, 93)))
