"""How figures look, what numbers and names look like in them, and how they are written.

Figures have a white ground of their own, so they are as legible on a dark page as on a light one. Text in SVG and PDF
is text, which one may search and edit. A file is the same, byte by byte, whenever it is drawn from the same numbers
with the same fonts.
"""

import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager

from ..explanations import printable

DPI = 150
FALLBACKS = [
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "WenQuanYi Zen Hei",
    "Hiragino Sans",
    "Yu Gothic",
    "Microsoft YaHei",
    "Noto Emoji",
    "Symbola",
    "Unifont",
]
"""Families for what DejaVu Sans lacks, such as Chinese, Japanese and emoji; those that the system has are used."""


def _families() -> list[str]:
    known = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *[family for family in FALLBACKS if family in known]]


STYLE = {
    "svg.hashsalt": "linexp",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "font.family": _families(),
    "hatch.linewidth": 1.0,
}

# Okabe and Ito's colours without black, in an order that keeps neighbours apart
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"]
NONE_COLOUR, INK, MUTED = "#E4E4E4", "#1A1A1A", "#6B6B6B"
LONGEST_NAME = 32
LONGEST_TEXT = 200
"""Characters that are wider than any room for text, however thin they are."""


def save_figure(figure: Figure, path: str | Path, format: str, provenance: Mapping[str, str] | None = None) -> None:
    """Write a figure as `png`, `svg` or `pdf` without anything that changes from run to run.

    Parameters
    ----------
    provenance
        Attributes to carry in the file's metadata.
    """
    facts = dict(provenance or {})
    told = "; ".join(f"{name}: {value}" for name, value in facts.items()) or None
    metadata = {
        "svg": {"Date": None, "Creator": None, "Description": told},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "Subject": told},
        "png": {"Software": None} | facts,
    }[format]
    with matplotlib.rc_context(STYLE), _missing_letters_told(path):
        figure.savefig(path, format=format, dpi=DPI, metadata=metadata)


@contextmanager
def _missing_letters_told(path: str | Path) -> Iterator[None]:
    """One line on stderr if no font has some letters, in place of a warning for each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    letters: dict[str, bool] = {}
    for one in caught:
        found = re.match(r"Glyph (\d+) .*missing from", str(one.message))
        if found:
            letters[chr(int(found[1]))] = True
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if letters:
        named = printable("".join(letters))
        line = f"{path}: no font of this system has {named}; install one, such as Noto Sans CJK or Noto Emoji"
        print(line, file=sys.stderr)


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
