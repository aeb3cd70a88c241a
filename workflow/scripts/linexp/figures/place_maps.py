"""The picture of a neuron at places: where it fires in images of its whole range, beside where its explanation says."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image

from ..explanations import Explanation
from .activation_ranges import IMAGES_PER_RANGE, activation_ranges
from .neuron_view import breakable
from .style import DPI, INK, MUTED, STYLE, minus, number_text, trimmed

WIDTH, MARGIN, GRID_LEFT = 1700, 40, 260
SIDE, GAP, GROUP_GAP = 86, 3, 22
ROW, TOP, BOTTOM = SIDE + 46, 190, 60
COLOURS = colormaps["viridis"]
OPACITY = 0.62
"""Of a map over its image."""


@dataclass(frozen=True)
class PlaceView:
    """What the picture of a neuron at places needs.

    Attributes
    ----------
    layer
        The name of the layer, as in titles.
    method, explanation
        Whose simulation is shown.
    simulator
        That made it.
    activations, simulated
        (n_images, grid, grid) float32.
    """

    layer: str
    neuron: int
    method: str
    explanation: Explanation
    simulator: str
    activations: np.ndarray
    simulated: np.ndarray


def draw_places(view: PlaceView, images: Sequence[Image.Image], seed: int = 0) -> Figure:
    """Draw a neuron at places.

    Parameters
    ----------
    images
        What the network sees of each image of the probe, by row.
    seed
        Of the random draw of images.
    """
    highest = view.activations.reshape(len(view.activations), -1).max(axis=1)
    ranges = activation_ranges(highest, seed)
    height = TOP + ROW * len(ranges) + BOTTOM
    scales = [_ends(maps) for maps in (view.activations, view.simulated)]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")

        def text(x: float, y: float, content: str, size: float = 9, **style) -> None:
            figure.text(x / WIDTH, 1 - y / height, content, fontsize=size, **{"color": INK, "va": "baseline"} | style)

        text(
            MARGIN,
            58,
            trimmed(f"{view.layer}, neuron {view.neuron}, at places", WIDTH - 2 * MARGIN, 14),
            14,
            weight="bold",
        )
        formula = breakable(view.explanation.text())
        text(MARGIN, 98, trimmed(f"{view.method}: {formula}", WIDTH - 2 * MARGIN))
        (low, high), (least, most) = scales
        shown = f"image, activation ({number_text(low)} to {number_text(high)}), simulated by {view.simulator}"
        text(
            MARGIN,
            130,
            trimmed(f"{shown} ({number_text(least)} to {number_text(most)})", WIDTH - 2 * MARGIN, 8),
            8,
            color=MUTED,
        )
        for number, row in enumerate(ranges):
            y = TOP + number * ROW
            text(MARGIN, y + 30, row.label, 9, weight="bold")
            text(MARGIN, y + 56, minus(f"up to {number_text(row.high)}"), 8, color=MUTED)
            text(MARGIN, y + 80, f"{row.size:,} image{'s' if row.size > 1 else ''}", 8, color=MUTED)
            strip = np.asarray(_strip(view, [int(image) for image in row.images], images, scales))
            left, bottom = GRID_LEFT / WIDTH, (height - y - SIDE) / height
            axes = figure.add_axes((left, bottom, strip.shape[1] / WIDTH, SIDE / height))
            axes.imshow(strip, interpolation="nearest", aspect="auto")
            axes.axis("off")
        note = "Images by their highest place, evenly spaced by rank in each range; all maps of a kind have one scale."
        text(MARGIN, height - 24, note, 7.5, color=MUTED)
    return figure


def _ends(maps: np.ndarray) -> tuple[float, float]:
    """The values that a scale of colours begins and ends with."""
    return float(maps.min()), float(maps.max())


def _strip(
    view: PlaceView, rows: Sequence[int], images: Sequence[Image.Image], scales: Sequence[tuple[float, float]]
) -> Image.Image:
    """Images side by side, each followed by its two maps."""
    group = 3 * SIDE + 2 * GAP
    strip = Image.new("RGB", (IMAGES_PER_RANGE * (group + GROUP_GAP) - GROUP_GAP, SIDE), "white")
    for number, row in enumerate(rows):
        image, left = images[row].resize((SIDE, SIDE), Image.Resampling.LANCZOS), number * (group + GROUP_GAP)
        strip.paste(image, (left, 0))
        for place, (maps, scale) in enumerate(zip((view.activations, view.simulated), scales, strict=True), start=1):
            strip.paste(over(image, maps[row], scale), (left + place * (SIDE + GAP), 0))
    return strip


def over(image: Image.Image, values: np.ndarray, scale: tuple[float, float]) -> Image.Image:
    """A map over an image, cell by cell.

    Parameters
    ----------
    values
        (grid, grid).
    scale
        The values of the first and the last colour.
    """
    low, high = scale
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    colours = Image.fromarray((255 * COLOURS(shares)[..., :3]).astype(np.uint8)).resize(
        image.size, Image.Resampling.NEAREST
    )
    return Image.blend(image.convert("L").convert("RGB"), colours, OPACITY)
