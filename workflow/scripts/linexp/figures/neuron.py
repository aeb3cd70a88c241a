"""The picture of a neuron: its explanations, an area chart (Fig. 3), images from all ranges (Figs. 4, 6–15) with maps.

The layout is in pixels at `DPI`, from the top left corner, so that small images keep whole pixels.
"""

from collections.abc import Sequence
from dataclasses import replace

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from PIL import Image

from ..explanations import OK, Explanation, printable
from .activation_ranges import IMAGES_PER_RANGE, ActivationRange, activation_ranges
from .area_chart import AreaChart, area_chart
from .maps import NeuronMaps, ends, rows_of_maps
from .neuron_view import Explained, NeuronView, breakable
from .style import (
    DPI,
    INK,
    MUTED,
    NONE_COLOUR,
    PALETTE,
    STYLE,
    count_text,
    minus,
    number_text,
    short_name,
    text_width,
    trimmed,
)

WIDTH, MARGIN = 1700, 40
METHOD_WIDTH, FORMULA_LEFT = 250, 430
CHART_LEFT, CHART_WIDTH, MIN_BODY, MOST_BODY = 125, 560, 480, 820
GRID_LABEL_LEFT, GRID_LEFT = 745, 972
THUMBNAIL, GAP, MAP_GAP = 128, 12, 4
LINE, TITLE, TOLD = 30, 42, 26
SMALL_IMAGE = 64
MAX_LINES = 3


class _Page:
    """A figure that is laid out in pixels from its top left corner."""

    def __init__(self, height: int):
        self.height = height
        self.figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")

    def text(self, x: float, y: float, content: str, size: float = 9, **style) -> None:
        """Text whose baseline is at y."""
        style = {"color": INK, "va": "baseline"} | style
        self.figure.text(x / WIDTH, 1 - y / self.height, content, fontsize=size, **style)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        bottom = self.height - top - height
        return self.figure.add_axes((left / WIDTH, bottom / self.height, width / WIDTH, height / self.height))


def draw_neuron(view: NeuronView, images: Sequence[Image.Image], seed: int = 0) -> Figure:
    """Draw a neuron.

    Parameters
    ----------
    images
        The RGB images of the probe, by row.
    seed
        Of the random draw of images.
    """
    with matplotlib.rc_context(STYLE):
        lines = [_formula_lines(one.explanation) for one in view.explained]
        ranges = activation_ranges(view.activations, seed)
        body_top = 150 + LINE * sum(map(len, lines))
        grid_height = _title(view) + len(ranges) * _range_height(view.maps) - GAP
        body = max(grid_height, 0 if view.is_constant() else MIN_BODY)
        page = _Page(body_top + body + 95)
        page.text(MARGIN, 62, f"{view.layer}, neuron {view.neuron}", 14, weight="bold")
        _write_explanations(page, view.explained, lines)
        _draw_areas(page, view, body_top, min(body, MOST_BODY))
        _draw_ranges(page, view, ranges, images, body_top)
        _write_note(page, view, len(ranges) > 1)
    return page.figure


def _formula_lines(explanation: Explanation) -> list[str]:
    """An explanation in at most `MAX_LINES` lines, broken between terms; what does not fit is counted."""
    names = [short_name(concept).replace(" ", "\u00a0") for concept in explanation.concepts]
    terms = breakable(replace(explanation, concepts=names).text()).split(" ")
    if explanation.concepts and explanation.status != OK:
        terms.append(f"({explanation.status.replace('_', ' ')})")
    width = WIDTH - FORMULA_LEFT - MARGIN
    lines = [terms[0]]
    for number, term in enumerate(terms[1:], 1):
        room = width - (text_width("  …  and 99 more", 9) if len(lines) == MAX_LINES else 0)
        if text_width(f"{lines[-1]} {term}", 9) <= room:
            lines[-1] += f" {term}"
        elif len(lines) < MAX_LINES:
            lines.append(term)
        else:
            lines[-1] += f"  …  and {len(terms) - number} more"
            break
    return lines


def _write_explanations(page: _Page, explained: Sequence[Explained], lines: Sequence[Sequence[str]]) -> None:
    """A table of all methods: name, correlation on test, explanation."""
    y = 108
    page.text(MARGIN, y, "method", 8, color=MUTED)
    page.text(FORMULA_LEFT - 30, y, "test correlation", 8, color=MUTED, ha="right")
    page.text(FORMULA_LEFT, y, "explanation", 8, color=MUTED)
    for one, formula in zip(explained, lines, strict=True):
        correlation = "–" if one.correlation is None else minus(f"{one.correlation:.2f}")
        page.text(MARGIN, y + LINE, trimmed(one.method, METHOD_WIDTH))
        page.text(FORMULA_LEFT - 30, y + LINE, correlation, ha="right", weight="bold")
        for line in formula:
            y += LINE
            page.text(FORMULA_LEFT, y, line, color=INK if one.explanation.concepts else MUTED)


def _draw_areas(page: _Page, view: NeuronView, top: int, height: int) -> None:
    """The area chart with the counts above it and the legend below; a sentence if the neuron is constant."""
    title = f"Share of images by concept of {view.charted}" if view.charted else "Distribution of activations"
    page.text(MARGIN, top + 15, trimmed(title, 645, 10, "bold"), 10, weight="bold")
    if view.is_constant():
        constant = f"The activation is {number_text(view.activations[0])} on all {len(view.activations):,} images."
        page.text(MARGIN, top + 60, constant, color=MUTED)
        return
    chart = area_chart(view.activations, view.presence, view.concepts, view.weights)
    patches = _patches(chart)
    legend_rows = -(-len(patches) // 2)
    below = 75 + LINE * (legend_rows + bool(chart.left_out))
    axes = page.axes(CHART_LEFT, top + 70, CHART_WIDTH, height - 70 - below)
    _fill_areas(axes, chart, patches)
    page.text(CHART_LEFT - 10, top + 55, "images", 7.5, color=MUTED, ha="right")
    _write_legend(page, chart, patches, top + height - below + 90)


def _patches(chart: AreaChart) -> list[dict]:
    """How each area looks: the palette, then the palette again with stripes; grey for images without concept."""
    drawn = [
        {"facecolor": PALETTE[number % len(PALETTE)], "hatch": "////" if number >= len(PALETTE) else None}
        for number in range(len(chart.names))
    ]
    return [*drawn, {"facecolor": NONE_COLOUR, "hatch": None}]


def _fill_areas(axes: Axes, chart: AreaChart, patches: Sequence[dict]) -> None:
    """Stacked areas that are level within a bin and slope to the next one; empty bins stay white."""
    width = chart.edges[1] - chart.edges[0]
    centres = (chart.edges[:-1] + chart.edges[1:]) / 2
    stacked = np.cumsum(np.column_stack([chart.shares, 1 - chart.shares.sum(axis=1)]), axis=1)
    upper = np.column_stack([np.zeros(len(stacked)), stacked]).clip(0, 1)
    filled = np.flatnonzero(chart.counts)
    for run in np.split(filled, np.flatnonzero(np.diff(filled) > 1) + 1):
        x = (centres[run][:, None] + [-0.3 * width, 0.3 * width]).ravel()
        x[0], x[-1] = chart.edges[run[0]], chart.edges[run[-1] + 1]
        y = np.repeat(upper[run], 2, axis=0)
        for area, patch in enumerate(patches):
            axes.fill_between(x, y[:, area], y[:, area + 1], edgecolor="white", linewidth=0.6, **patch)
    for centre, count in zip(centres, chart.counts, strict=True):
        axes.annotate(
            count_text(count), (centre, 1), (0, 7), textcoords="offset points", ha="center", size=7.5, color=MUTED
        )
    _dress(axes, chart.edges)


def _dress(axes: Axes, edges: np.ndarray) -> None:
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0 %", "50 %", "100 %"])
    axes.set_xticks(edges[::2], [number_text(edge) for edge in edges[::2]])
    axes.get_xticklabels()[-1].set_ha("right")
    axes.set_xticks(edges, minor=True)
    axes.set_xlabel("activation", fontsize=8.5, color=INK, labelpad=2)
    axes.tick_params(which="both", labelsize=8, labelcolor=INK, color=MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def _write_legend(page: _Page, chart: AreaChart, patches: Sequence[dict], top: float) -> None:
    """Two columns, filled one after the other; negative weights in a line of their own."""
    labels = [
        name if weight is None else f"{weight:.2f}·{printable(name)}"
        for name, weight in zip(chart.names, chart.weights, strict=True)
    ]
    labels.append("none of these" if labels else "no concept")
    rows, column_width = -(-len(labels) // 2), (GRID_LABEL_LEFT - 40 - MARGIN) / 2
    for number, (label, patch) in enumerate(zip(labels, patches, strict=True)):
        x, y = MARGIN + column_width * (number // rows), top + LINE * (number % rows)
        page.figure.patches.append(_swatch(page, x, y, patch))
        page.text(x + 36, y, trimmed(label, column_width - 50, 8.5), 8.5)
    if chart.left_out:
        names = ", ".join(f"{minus(f'{weight:.2f}')}·{short_name(name)}" for name, weight in chart.left_out)
        text = trimmed(f"not charted, negative: {names}", GRID_LABEL_LEFT - 40 - MARGIN, 8)
        page.text(MARGIN, top + LINE * rows, text, 8, color=MUTED)


def _swatch(page: _Page, x: float, y: float, patch: dict) -> Patch:
    size = 24 / WIDTH, 18 / page.height
    corner = x / WIDTH, 1 - (y + 1) / page.height
    return Rectangle(corner, *size, transform=page.figure.transFigure, edgecolor="white", linewidth=0, **patch)


def _title(view: NeuronView) -> int:
    """The height of what stands above the images."""
    return TITLE + (TOLD * len(view.maps.kinds) if view.maps else 0)


def _map_side(shown: NeuronMaps) -> int:
    """Maps of an image are as wide together as it is."""
    return (THUMBNAIL - MAP_GAP) // 2 if len(shown.kinds) > 1 else THUMBNAIL


def _range_height(shown: NeuronMaps | None) -> int:
    return THUMBNAIL + GAP + (MAP_GAP + _map_side(shown) if shown else 0)


def _draw_ranges(
    page: _Page, view: NeuronView, ranges: Sequence[ActivationRange], images: Sequence[Image.Image], top: int
) -> None:
    """One row of images a range, with its label on the left, and the maps of each image below it."""
    page.text(GRID_LABEL_LEFT, top + 15, "Images by activation", 10, weight="bold")
    for number, line in enumerate(_told_of_maps(view.maps)):
        line = trimmed(line, WIDTH - MARGIN - GRID_LABEL_LEFT, 8)
        page.text(GRID_LABEL_LEFT, top + 15 + TOLD * (number + 1), line, 8, color=MUTED)
    done = 0
    for number, row in enumerate(ranges):
        y = top + _title(view) + number * _range_height(view.maps)
        page.text(GRID_LABEL_LEFT, y + 42, row.label, 9, weight="bold")
        low, high = number_text(row.low), number_text(row.high)
        page.text(GRID_LABEL_LEFT, y + 70, low if low == high else f"{low} to {high}")
        part = "" if len(row.images) == row.size else f"{len(row.images)} of "
        images_of = f"{part}{row.size:,} image{'s' if row.size > 1 else ''}"
        page.text(GRID_LABEL_LEFT, y + 96, images_of, 8, color=MUTED)
        shown = [images[int(image)] for image in row.images]
        _draw_strip(page, thumbnail_strip(shown), y)
        if view.maps:
            _draw_strip(page, map_strip(view.maps, range(done, done + len(shown)), shown), y + THUMBNAIL + MAP_GAP)
        done += len(shown)


def _draw_strip(page: _Page, strip: np.ndarray, top: int) -> None:
    axes = page.axes(GRID_LEFT, top, strip.shape[1], strip.shape[0])
    axes.imshow(strip, interpolation="nearest", aspect="auto")
    axes.axis("off")


def _told_of_maps(shown: NeuronMaps | None) -> list[str]:
    """What the maps below the images are, with the values of their darkest and lightest colours."""
    if shown is None:
        return []
    scales = [" to ".join(map(number_text, ends(values))) for values in shown.kinds]
    left = "Below each, on the left: where" if len(scales) > 1 else "Below each: where"
    told = [f"{left} the neuron fires, {scales[0]} (dark to light)"]
    if len(scales) > 1:
        told.append(f"On the right: simulated by {shown.simulator} for {shown.method}, {scales[1]}")
    return told


def _write_note(page: _Page, view: NeuronView, has_ranges: bool) -> None:
    how = "evenly spaced by activation rank in each range; in the last row " if has_ranges else ""
    by = "Images by their highest place, " if view.at_places and has_ranges else "Images "
    page.text(GRID_LABEL_LEFT, page.height - 32, f"{by}{how}drawn at random.", 7.5, color=MUTED)
    if view.charted and not view.is_constant():
        rule = "An image counts once: class before superclass, then largest weight · P (≥ 0.5)."
        page.text(MARGIN, page.height - 32, rule, 7.5, color=MUTED)


def thumbnail_strip(images: Sequence[Image.Image]) -> np.ndarray:
    """Images side by side on white, (THUMBNAIL, width, 3) uint8; small ones are enlarged in whole pixels."""
    strip = Image.new("RGB", (IMAGES_PER_RANGE * (THUMBNAIL + GAP) - GAP, THUMBNAIL), "white")
    for number, image in enumerate(images):
        scale = THUMBNAIL / max(image.size)
        size = tuple(max(1, round(scale * side)) for side in image.size)
        small = max(image.size) <= SMALL_IMAGE
        resized = image.resize(size, Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS)
        left = number * (THUMBNAIL + GAP) + (THUMBNAIL - size[0]) // 2
        strip.paste(resized, (left, (THUMBNAIL - size[1]) // 2))
    return np.asarray(strip)


def map_strip(shown: NeuronMaps, places: Sequence[int], images: Sequence[Image.Image]) -> np.ndarray:
    """The maps of images side by side on white, (height, width, 3) uint8; those of an image below it.

    Parameters
    ----------
    places
        Of the images among those that the maps are of.
    """
    side = _map_side(shown)
    strip = Image.new("RGB", (IMAGES_PER_RANGE * (THUMBNAIL + GAP) - GAP, side), "white")
    for kind, row in enumerate(rows_of_maps(shown, places, images, side)):
        for number, drawn in enumerate(row):
            strip.paste(drawn, (number * (THUMBNAIL + GAP) + kind * (side + MAP_GAP), 0))
    return np.asarray(strip)
