"""How figures look, what numbers and names look like in them, and how they are written.

Figures have a white ground of their own, so they are as legible on a dark page as on a light one. A file is the same,
byte by byte, whenever it is drawn from the same numbers.
"""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from ..explanations import printable

DPI = 150
STYLE = {"svg.hashsalt": "linexp", "text.parse_math": False, "font.family": "DejaVu Sans", "hatch.linewidth": 1.0}

# Okabe and Ito's colours without black, in an order that keeps neighbours apart
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"]
NONE_COLOUR, INK, MUTED = "#E4E4E4", "#1A1A1A", "#6B6B6B"
LONGEST_NAME = 32
LONGEST_TEXT = 200
"""Characters that are wider than any room for text, however thin they are."""


def save_figure(figure: Figure, path: str | Path, format: str, provenance: Mapping[str, str] | None = None) -> None:
    """Write a figure as `png` or `svg` without anything that changes from run to run.

    Parameters
    ----------
    provenance
        Attributes to carry in the file's metadata.
    """
    facts = dict(provenance or {})
    if format == "svg":
        description = "; ".join(f"{name}: {value}" for name, value in facts.items())
        metadata = {"Date": None, "Creator": None, "Description": description or None}
    else:
        metadata = {"Software": None} | facts
    with matplotlib.rc_context(STYLE):
        figure.savefig(path, format=format, dpi=DPI, metadata=metadata)


_MEASURE = FigureCanvasAgg(Figure(dpi=DPI)).get_renderer()


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width in pixels at `DPI`."""
    font = FontProperties(family=STYLE["font.family"], size=size, weight=weight)
    return _MEASURE.get_text_width_height_descent(text, font, False)[0]


def trimmed(text: str, width: float, size: float = 9, weight: str = "normal") -> str:
    """The text, cut with an ellipsis where it is wider than `width` pixels."""
    if len(text) <= LONGEST_TEXT and text_width(text, size, weight) <= width:
        return text
    text = text[:LONGEST_TEXT]
    while text and text_width(text + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def short_name(concept: str) -> str:
    """The name of a concept in one line of at most `LONGEST_NAME` characters."""
    name = printable(concept)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def number_text(value: float) -> str:
    """A number in three digits."""
    if abs(value) >= 1000:
        return minus(f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.2e}")
    return minus(f"{value:#.3g}".rstrip(".")) if value else "0"


def minus(text: str) -> str:
    """A number with the sign that is as wide as a plus."""
    return text.replace("-", "−")


def count_text(images: int) -> str:
    """A number of images in at most six characters."""
    if images < 100_000:
        return f"{images:,}"
    return f"{images / 1e6:.2g}M" if images >= 999_500 else f"{images / 1e3:.0f}k"
