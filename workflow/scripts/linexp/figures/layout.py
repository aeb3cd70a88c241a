"""What the figures of a layer have in common: a title, panels, small print, and how each method looks."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..concepts.sets import RANDOM_CONCEPTS
from .style import DPI, INK, MUTED, PALETTE, trimmed

CONTROL_COLOUR = "#8A8A8A"
MARKERS = "osD^vPX"
NAME_WIDTH = 330
"""Pixels that the name of a method or layer may take."""


def page(width: int, height: int, title: str) -> tuple[Figure, Axes]:
    """A figure of a size in pixels with a title, and its axes."""
    figure, (axes,) = pages(width, height, title, 1)
    return figure, axes


def pages(width: int, height: int, title: str, panels: int) -> tuple[Figure, list[Axes]]:
    """The same with one or more panels side by side."""
    figure = blank(width, height, title)
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def blank(width: int, height: int, title: str) -> Figure:
    """A figure of a size in pixels with a title and nothing else."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white", layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    title = trimmed(title, width - 80, 12.5, "bold")
    figure.suptitle(title, fontsize=12.5, weight="bold", color=INK, x=0.02, ha="left")
    return figure


def note(axes: Axes, text: str) -> None:
    """A line of small print below everything."""
    axes.figure.supxlabel(text, fontsize=7.5, color=MUTED, x=0.02, ha="left")


def dress(axes: Axes) -> None:
    axes.tick_params(labelsize=9, labelcolor=INK, color=MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def legend_beside(axes: Axes) -> None:
    """The legend right of the panel."""
    place = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.01), "borderaxespad": 0}
    legend = axes.legend(frameon=False, fontsize=9, labelcolor=INK, **place)
    for handle in legend.legend_handles:
        handle.set_alpha(1)


def looks(names: Sequence[str]) -> list[dict[str, str]]:
    """A colour and a marker for each name: the palette, then again with other markers; grey for controls."""
    judged = [name for name in names if name != RANDOM_CONCEPTS]
    looks = {
        name: {
            "color": PALETTE[number % len(PALETTE)],
            "marker": MARKERS[(number + number // len(PALETTE)) % len(MARKERS)],
        }
        for number, name in enumerate(judged)
    }
    return [looks.get(name, {"color": CONTROL_COLOUR, "marker": "p"}) for name in names]


def text_colour(ground: Sequence[float]) -> str:
    """The colour of text, dark or white, that contrasts more with a ground (WCAG).

    Parameters
    ----------
    ground
        (red, green, blue, …), each 0 to 1.
    """

    def luminance(colour: Sequence[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light = luminance(ground) + 0.05
    return "white" if 1.05 / light > light / (luminance(to_rgb(INK)) + 0.05) else INK
