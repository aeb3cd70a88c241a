"""Details that many objects share."""

from .canvas import Canvas, dome, slope
from .palette import BLUSH, GLASS, INK, RUBBER, STEEL, WHITE, Tone
from .shapes import arc, ellipse, rounded


def eye(c: Canvas, x: float, y: float, radius: float) -> None:
    """A dark round eye with a glint."""
    c.fill(ellipse(x, y, radius, radius * 1.15), INK)
    c.fill(ellipse(x - 0.3 * radius, y - 0.4 * radius, 0.38 * radius, 0.38 * radius), WHITE)


def face(c: Canvas, x: float, y: float, width: float) -> None:
    """Two eyes, a smile and blushing cheeks, `width` from eye to eye."""
    for side in (-1, 1):
        c.glaze(ellipse(x + side * 0.72 * width, y + 0.34 * width, 0.24 * width, 0.17 * width), BLUSH, 0.7)
        eye(c, x + side * 0.5 * width, y, 0.17 * width)
    c.stroke(arc(x, y + 0.18 * width, 0.25 * width, 0.24 * width, 15.0, 165.0), 0.12 * width, INK)


def wheel(c: Canvas, x: float, y: float, radius: float, hub: Tone = STEEL) -> None:
    """A tyre with a hub cap."""
    c.shade(ellipse(x, y, radius, radius), dome(RUBBER))
    c.shade(ellipse(x, y, 0.56 * radius, 0.56 * radius), dome(hub))
    c.fill(ellipse(x, y, 0.18 * radius, 0.18 * radius), RUBBER.main)


def window(c: Canvas, x0: float, y0: float, x1: float, y1: float, radius: float = 2.0) -> None:
    """A pane of glass, lighter at its upper left."""
    c.shade(rounded(x0, y0, x1, y1, radius), slope(GLASS))


def port(c: Canvas, x: float, y: float, radius: float, rim: tuple[int, int, int]) -> None:
    """A round window with a rim."""
    c.fill(ellipse(x, y, radius, radius), rim)
    c.shade(ellipse(x, y, 0.68 * radius, 0.68 * radius), dome(GLASS))
