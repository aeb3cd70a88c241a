"""Animals, drawn in a box of about 100 x 100 units, looking to the right."""

from .canvas import Canvas, dome, slope
from .palette import CREAM, GLASS, GOLD, INK, WHITE, Tone, blend
from .parts import eye
from .shapes import arc, ellipse, mirrored, path, polygon, rounded, smooth


def cat(c: Canvas, tone: Tone) -> None:
    """A sitting cat, seen from the front."""
    c.stroke(path((66, 92), (92, 90), (96, 70), (88, 56)), 11, tone.dark)
    c.shade(smooth((50, 46), (70, 60), (80, 84), (70, 98), (30, 98), (20, 84), (30, 60)), dome(tone))
    c.glaze(ellipse(50, 80, 14, 17), tone.light, 0.8)
    for x in (37, 63):
        c.shade(ellipse(x, 94, 10, 6), dome(tone))
    ear, inner = polygon((19, 34), (20, 0), (50, 16)), polygon((25, 26), (25, 9), (38, 17))
    for shape in (ear, mirrored(ear)):
        c.shade(shape, slope(tone))
    for shape in (inner, mirrored(inner)):
        c.fill(shape, tone.light)
    c.shade(ellipse(50, 36, 35, 27), dome(tone))
    for x in (42, 50, 58):
        c.stroke(polygon((x, 12), (x, 19)), 3, tone.dark)
    for x in (35, 65):
        eye(c, x, 36, 6)
    c.glaze(ellipse(50, 49, 12, 8), tone.light, 0.9)
    c.fill(polygon((45, 44), (55, 44), (50, 49)), INK)
    for x in (46, 54):
        c.stroke(arc(x, 49.5, 4, 4.5, 0, 180), 2, INK)


def elephant(c: Canvas, tone: Tone) -> None:
    """An elephant from the side, its trunk raised."""
    c.stroke(path((8, 48), (1, 58), (4, 68)), 4, tone.dark)
    for x in (22, 52):
        c.fill(rounded(x, 62, x + 15, 98, 4), tone.dark)
    for x in (10, 40):
        c.shade(rounded(x, 62, x + 16, 100, 4), slope(tone))
        c.fill(rounded(x + 2, 95, x + 14, 99, 2), CREAM.main)
    c.shade(smooth((36, 24), (62, 36), (66, 62), (50, 82), (20, 82), (4, 66), (8, 38)), dome(tone))
    c.stroke(path((84, 46), (91, 62), (102, 60), (104, 46), (99, 38)), 11, tone.main)
    c.stroke(path((82, 44), (89, 59), (100, 57)), 4, tone.light)
    c.fill(smooth((80, 58), (92, 66), (98, 76), (84, 70)), CREAM.light)
    c.shade(ellipse(72, 40, 22, 23), dome(tone))
    c.fill(smooth((62, 20), (70, 34), (66, 56), (52, 64), (42, 50), (44, 28)), tone.dark)
    c.glaze(smooth((60, 25), (66, 36), (62, 53), (52, 58), (46, 48), (48, 31)), tone.main, 0.75)
    eye(c, 80, 36, 4.5)


def bird(c: Canvas, tone: Tone) -> None:
    """A bird in flight, its wings raised."""
    c.fill(smooth((56, 50), (62, 22), (52, 2), (74, 18), (78, 48)), tone.dark)
    c.shade(polygon((30, 58), (0, 48), (4, 60), (-2, 70), (30, 72)), slope(tone))
    c.fill(polygon((93, 44), (112, 51), (93, 57)), GOLD.main)
    c.fill(polygon((93, 51), (112, 51), (93, 57)), GOLD.dark)
    c.shade(
        smooth((24, 62), (50, 48), (66, 46), (74, 34), (90, 34), (98, 48), (88, 70), (60, 84), (34, 76)),
        dome(tone),
    )
    c.glaze(smooth((52, 76), (82, 58), (90, 62), (76, 78), (60, 83)), tone.light, 0.9)
    c.shade(smooth((66, 58), (52, 20), (16, 0), (22, 34), (40, 58), (54, 66)), slope(tone))
    for tip, root in (((26, 18), (48, 44)), ((27, 34), (50, 54))):
        c.stroke(polygon(tip, root), 2.5, tone.dark)
    eye(c, 84, 45, 4.5)


def butterfly(c: Canvas, tone: Tone) -> None:
    """A butterfly with open wings, seen from above."""
    upper = smooth((50, 48), (40, 20), (18, 4), (0, 12), (4, 38), (22, 54))
    lower = smooth((50, 52), (28, 52), (12, 62), (14, 84), (30, 92), (44, 78))
    for shape in (lower, upper):
        c.shade(shape, dome(tone))
        c.shade(mirrored(shape), dome(tone))
    for x, y, r in ((18, 24, 9), (28, 72, 7)):
        for spot in (ellipse(x, y, r, r), ellipse(100 - x, y, r, r)):
            c.fill(spot, tone.dark)
            c.fill(50 + (spot - 50), tone.dark)
        for spot in (ellipse(x, y, 0.55 * r, 0.55 * r), ellipse(100 - x, y, 0.55 * r, 0.55 * r)):
            c.fill(spot, CREAM.main)
    for line in (path((49, 24), (44, 12), (36, 6)), path((51, 24), (56, 12), (64, 6))):
        c.stroke(line, 2.5, INK)
    c.fill(ellipse(50, 54, 4.5, 28), INK)
    c.fill(ellipse(50, 26, 6, 6), INK)


def fish(c: Canvas, tone: Tone) -> None:
    """A leaping fish."""
    c.fill(smooth((30, 40), (50, 14), (66, 10), (62, 36)), tone.dark)
    c.shade(polygon((24, 56), (-4, 28), (2, 56), (-6, 84)), slope(tone))
    for y in (46, 56, 66):
        c.stroke(polygon((3, 56 + 1.5 * (y - 56)), (17, y)), 2.5, tone.dark)
    body = smooth((14, 56), (40, 32), (70, 28), (94, 42), (100, 54), (92, 70), (68, 82), (38, 76))
    c.shade(body, dome(tone))
    with c.inside(body):
        c.glaze(smooth((20, 70), (60, 70), (98, 58), (90, 90), (40, 90)), tone.light, 0.85)
        for x in (30, 46):
            c.stroke(arc(x, 54, 12, 30, -60, 60), 5, tone.dark)
    c.fill(smooth((52, 60), (66, 62), (60, 80), (46, 76)), tone.dark)
    c.fill(ellipse(82, 46, 8, 8), WHITE)
    eye(c, 83.5, 46, 5)
    c.stroke(path((100, 58), (94, 62), (88, 61)), 2.5, INK)


def whale(c: Canvas, tone: Tone) -> None:
    """A whale at the surface, spouting."""
    for line in (path((64, 34), (64, 14), (54, 8), (48, 16)), path((64, 34), (64, 14), (75, 7), (82, 16))):
        c.stroke(line, 6, GLASS.main)
    c.shade(
        smooth((16, 60), (8, 44), (-8, 38), (0, 28), (14, 32), (28, 24), (36, 32), (26, 44), (30, 58)),
        slope(tone),
    )
    body = smooth((14, 50), (34, 58), (52, 38), (78, 32), (102, 46), (108, 72), (98, 92), (30, 92), (14, 76))
    c.shade(body, dome(tone))
    with c.inside(body):
        c.shade(smooth((34, 88), (70, 76), (110, 70), (112, 100), (30, 100)), slope(CREAM))
        for x in (62, 76, 90):
            c.stroke(path((x, 96), (x + 3, 84)), 2, CREAM.dark)
    c.fill(smooth((50, 70), (66, 72), (62, 86), (46, 90)), tone.dark)
    eye(c, 88, 58, 5)
    c.stroke(path((108, 70), (100, 74), (92, 72)), 2.5, INK)


def turtle(c: Canvas, tone: Tone) -> None:
    """A tortoise-like turtle from the side."""
    skin = Tone(blend(tone.light, CREAM.light, 0.5), blend(tone.light, CREAM.main, 0.25), tone.main)
    c.shade(polygon((8, 74), (-6, 80), (10, 84)), slope(skin))
    for x in (16, 54):
        c.shade(rounded(x, 68, x + 17, 92, 6), slope(skin))
    c.shade(smooth((70, 74), (84, 52), (86, 38), (100, 32), (111, 42), (106, 56), (96, 62), (88, 82)), dome(skin))
    shell = smooth((2, 76), (8, 44), (28, 24), (54, 24), (74, 44), (82, 76), (42, 80))
    c.shade(shell, dome(tone))
    with c.inside(shell):
        for x, y, r in ((42, 46, 13), (16, 60, 9), (68, 60, 9)):
            c.glaze(ellipse(x, y, r, r), tone.dark, 0.75)
    c.shade(rounded(-2, 70, 86, 80, 5), slope(tone.shaded()))
    eye(c, 99, 42, 4)
    c.stroke(path((109, 48), (104, 53), (99, 52)), 2, INK)


def snail(c: Canvas, tone: Tone) -> None:
    """A snail with a coiled shell."""
    skin = Tone(blend(tone.light, CREAM.light, 0.6), blend(tone.light, CREAM.main, 0.4), tone.main)
    for root, tip in (((86, 56), (80, 32)), ((92, 56), (98, 32))):
        c.stroke(polygon(root, tip), 4, skin.main)
        eye(c, *tip, 5)
    c.shade(
        smooth(
            (-4, 90),
            (20, 80),
            (60, 80),
            (76, 70),
            (82, 52),
            (96, 52),
            (102, 66),
            (94, 86),
            (82, 92),
            (30, 93),
        ),
        slope(skin),
    )
    c.shade(ellipse(42, 48, 38, 38), dome(tone))
    coil = [(42 + r * x, 48 + r * y) for r, (x, y) in zip(range(30, 2, -3), _COMPASS * 2, strict=False)]
    c.stroke(path(*coil), 5.5, tone.dark)
    c.stroke(path((88, 74), (93, 76), (98, 72)), 2.5, INK)


_COMPASS = ((0, 1), (0.7, 0.7), (1, 0), (0.7, -0.7), (0, -1), (-0.7, -0.7), (-1, 0), (-0.7, 0.7))
