"""The reliability diagram of a calibration (Eq. 5): is a concept as often in an image as P says?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..concepts.calibration import RELIABILITY_BINS
from ..errors import LinexpError
from .layout import blank, dress, note
from .style import INK, MUTED, NONE_COLOUR, PALETTE, STYLE, count_text, minus, trimmed

PANEL, ONE_PANEL = 640, 900
TICKS = {0: "0 %", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1: "100 %"}


def draw_reliability(calibrations: Sequence[Mapping[str, Any]], layer: str) -> Figure:
    """One panel a model: predicted against observed shares, and below them how many pairs each bin has.

    Parameters
    ----------
    calibrations
        The content of `results/calibration/{model}.json`, with the model's `name` and `role`.

    Raises
    ------
    LinexpError
        A calibration was given rather than fitted, so nothing was observed.
    """
    for calibration in calibrations:
        if "reliability" not in calibration:
            raise LinexpError(f"calibration of {calibration['name']}: a and b are given, so there is nothing to draw")
    n, width = len(calibrations), ONE_PANEL if len(calibrations) == 1 else PANEL
    with matplotlib.rc_context(STYLE):
        figure = blank(width * n + 60, 950, f"{layer}: calibration")
        grid = figure.subplots(2, n, squeeze=False, sharex=True, height_ratios=(4, 1))
        for panels, calibration in zip(grid.T, calibrations, strict=True):
            _draw_shares(panels[0], calibration, width)
            _draw_pairs(panels[1], calibration["reliability"])
        note(grid[0, 0], "A point a bin of P; loss in nats, and that of always predicting the base rate.")
    return figure


def _draw_shares(axes: Axes, calibration: Mapping[str, Any], width: int) -> None:
    """Observed against predicted shares."""
    predicted, observed = (np.array([one[key] for one in calibration["reliability"]]) for key in ("p", "observed"))
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.2)
    axes.plot(predicted, observed, "o-", color=PALETTE[0], linewidth=2, markersize=6, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_yticks(list(TICKS), list(TICKS.values()))
    axes.set_ylabel("images that have the concept", color=INK)
    title = trimmed(f"{calibration['name']} ({calibration['role']})", width - 150, 10, "bold")
    axes.set_title(title, fontsize=10, weight="bold", color=INK, loc="left", pad=24)
    facts = minus(
        f"a {calibration['a']:.2f}, b {calibration['b']:.3f}; loss {calibration['bce']:.3f}, "
        f"base rate {calibration['bce_base_rate']:.3f}"
    )
    axes.annotate(facts, (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", size=8, color=MUTED)
    dress(axes)


def _draw_pairs(axes: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    """How many pairs of image and concept each bin has."""
    pairs = [one["count"] for one in bins]
    axes.bar([one["p"] for one in bins], pairs, width=0.8 / RELIABILITY_BINS, color=NONE_COLOUR, edgecolor=MUTED)
    top = math.ceil(math.log10(max(pairs)))
    axes.set(yscale="log", ylim=(0.7, 10 ** max(top, 1)))
    decades = sorted({0, top // 2, top})
    axes.set_yticks([10**decade for decade in decades], [count_text(10**decade) for decade in decades])
    axes.set_xticks(list(TICKS), list(TICKS.values()))
    axes.minorticks_off()
    axes.set_xlabel("P", color=INK)
    axes.set_ylabel("pairs", color=INK)
    dress(axes)
