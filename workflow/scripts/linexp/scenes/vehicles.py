"""Vehicles, drawn in a box of about 100 x 100 units, driving to the right."""

from .canvas import Canvas, dome, slope
from .palette import CREAM, RUBBER, STEEL, WOOD, Tone
from .parts import port, wheel, window
from .shapes import ellipse, mirrored, path, polygon, rounded, smooth


def car(c: Canvas, tone: Tone) -> None:
    """A small car."""
    c.shade(smooth((14, 50), (26, 22), (44, 16), (64, 18), (80, 42), (84, 54), (40, 60)), slope(tone))
    c.shade(smooth((23, 45), (31, 27), (42, 24), (45, 24), (45, 45)), slope(_PANE))
    c.shade(smooth((51, 24), (60, 25), (71, 40), (73, 45), (51, 45)), slope(_PANE))
    body = smooth((-2, 62), (4, 46), (30, 44), (70, 44), (96, 50), (104, 62), (102, 76), (50, 78), (0, 76))
    c.shade(body, slope(tone))
    c.fill(rounded(1, 69, 101, 75, 3), tone.dark)
    c.stroke(polygon((49, 48), (49, 68)), 1.5, tone.dark)
    c.stroke(polygon((38, 54), (44, 54)), 2.5, tone.dark)
    c.stroke(polygon((12, 49), (40, 47.5)), 2, tone.light)
    c.shade(ellipse(98, 58, 5, 5), dome(_LAMP))
    c.fill(rounded(-3, 56, 4, 63, 2), tone.dark)
    for x in (22, 78):
        c.fill(ellipse(x, 74, 18, 18), tone.dark)
        wheel(c, x, 76, 15)


def bus(c: Canvas, tone: Tone) -> None:
    """A long bus with a row of windows."""
    c.shade(rounded(-6, 12, 106, 80, 9), slope(tone))
    c.fill(rounded(-2, 14, 102, 19, 3), tone.light)
    for x in (0, 21, 42):
        window(c, x, 25, x + 17, 46)
    window(c, 64, 25, 79, 76)
    c.stroke(polygon((71.5, 26), (71.5, 75)), 2, STEEL.dark)
    window(c, 85, 25, 106, 50, 4)
    c.fill(polygon((-6, 55), (61, 55), (61, 60), (-6, 60)), tone.light)
    c.fill(rounded(-6, 71, 106, 80, 3), tone.dark)
    c.shade(ellipse(101, 62, 4.5, 4.5), dome(_LAMP))
    for x in (20, 82):
        wheel(c, x, 80, 13)


def tractor(c: Canvas, tone: Tone) -> None:
    """A tractor: one great wheel, one small, a cab and a chimney."""
    c.fill(rounded(78, 12, 84, 46, 2), STEEL.dark)
    c.fill(rounded(76, 8, 86, 14, 2), RUBBER.main)
    c.shade(rounded(8, 2, 58, 11, 4), slope(tone))
    c.shade(polygon((14, 10), (52, 10), (56, 56), (12, 56)), slope(tone))
    window(c, 20, 15, 48, 42)
    c.shade(smooth((40, 48), (54, 42), (92, 42), (102, 50), (102, 74), (94, 80), (44, 80)), slope(tone))
    for y in (52, 59, 66):
        c.stroke(polygon((78, y), (97, y)), 2.5, tone.dark)
    c.stroke(polygon((54, 46), (90, 45)), 2.5, tone.light)
    c.fill(ellipse(24, 68, 35, 35), tone.dark)
    wheel(c, 24, 70, 30, tone)
    wheel(c, 86, 83, 17, tone)


def boat(c: Canvas, tone: Tone) -> None:
    """A sailing boat."""
    c.fill(rounded(46, -4, 51, 82, 2), WOOD.main)
    c.fill(polygon((51, -4), (70, 2), (51, 8)), tone.dark)
    c.shade(smooth((53, 12), (74, 34), (88, 66), (72, 70), (53, 70)), slope(tone))
    c.shade(
        smooth((44, 14), (30, 38), (10, 64), (26, 70), (44, 70)),
        slope(Tone(CREAM.light, tone.light, tone.main)),
    )
    for points in (((56, 34), (72, 36)), ((56, 52), (81, 54))):
        c.stroke(polygon(*points), 3.5, CREAM.main)
    hull = smooth((-6, 76), (50, 79), (106, 74), (94, 94), (80, 103), (20, 103), (4, 94))
    c.shade(hull, slope(tone))
    with c.inside(hull):
        c.stroke(path((-8, 79), (50, 83), (108, 77)), 5, CREAM.main)
    for x in (32, 50, 68):
        port(c, x, 92, 4.5, tone.dark)


def plane(c: Canvas, tone: Tone) -> None:
    """An aeroplane from the side, climbing a little."""
    c.fill(polygon((56, 40), (42, 12), (54, 12), (76, 42)), tone.dark)
    c.shade(polygon((2, 46), (-10, 12), (6, 12), (26, 42)), slope(tone))
    c.shade(
        smooth((-8, 46), (16, 38), (70, 34), (96, 38), (110, 50), (100, 60), (70, 64), (24, 60), (0, 54)),
        slope(tone),
    )
    c.shade(smooth((88, 40), (96, 39), (104, 46), (90, 48)), slope(_PANE))
    for x in (32, 44, 56, 68, 79):
        window(c, x - 3.5, 42, x + 3.5, 50, 3)
    c.shade(polygon((44, 54), (70, 54), (34, 92), (20, 92)), slope(tone))
    c.stroke(polygon((46, 56), (24, 89)), 2.5, tone.light)
    c.fill(polygon((-2, 50), (18, 50), (2, 64), (-10, 64)), tone.dark)


def rocket(c: Canvas, tone: Tone) -> None:
    """A rocket in flight, its flame below."""
    c.shade(smooth((40, 82), (60, 82), (62, 96), (50, 114), (38, 96)), slope(_FIRE))
    c.fill(smooth((45, 82), (55, 82), (55, 92), (50, 102), (45, 92)), CREAM.light)
    fin = smooth((34, 52), (18, 68), (14, 92), (26, 84), (38, 80))
    for shape in (fin, mirrored(fin)):
        c.shade(shape, slope(tone.shaded()))
    body = smooth((50, -10), (66, 12), (72, 42), (66, 80), (62, 85), (38, 85), (34, 80), (28, 42), (34, 12))
    c.shade(body, dome(tone))
    with c.inside(body):
        c.shade(polygon((20, -14), (80, -14), (80, 14), (50, 18), (20, 14)), slope(tone.shaded()))
        c.fill(polygon((20, 74), (80, 74), (80, 79), (20, 79)), tone.dark)
        c.glaze(polygon((34, 10), (41, 8), (39, 72), (34, 72)), tone.light, 0.7)
    port(c, 50, 38, 11, CREAM.main)
    c.fill(smooth((50, 58), (54, 72), (50, 92), (46, 72)), tone.dark)


def balloon(c: Canvas, tone: Tone) -> None:
    """A hot-air balloon with stripes and a basket."""
    for x0, x1 in ((28, 42), (72, 58), (43, 47), (57, 53)):
        c.stroke(polygon((x0, 66), (x1, 88)), 1.8, WOOD.dark)
    envelope = smooth((50, -6), (78, 2), (92, 28), (84, 52), (62, 76), (38, 76), (16, 52), (8, 28), (22, 2))
    c.shade(envelope, dome(tone))
    with c.inside(envelope):
        for shape in (ellipse(50, 34, 29, 44), ellipse(50, 34, 11, 44)):
            c.stroke(shape, 3, tone.dark)
        sash = smooth((6, 52), (50, 62), (94, 52), (94, 62), (50, 72), (6, 62))
        c.glaze(sash, CREAM.light, 0.75)
    c.shade(rounded(39, 86, 61, 104, 4), slope(WOOD))
    c.fill(rounded(37, 84, 63, 90, 3), WOOD.dark)


_PANE = Tone((240, 250, 255), (176, 212, 234), (120, 164, 200))
_LAMP = Tone((255, 255, 236), (255, 240, 170), (236, 196, 96))
_FIRE = Tone((255, 216, 110), (255, 160, 60), (240, 100, 40))
