"""The figure of Top Impact: how much of a neuron's effect its highest activations have."""

from collections.abc import Mapping

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .layout import NAME_WIDTH, dress, legend_beside, looks, note, page
from .style import INK, MUTED, STYLE, trimmed

TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


def draw_top_impact(impacts: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Top Impact (Eq. 4) against the share of top images: the mean over neurons and the band of their middle half.

    Parameters
    ----------
    impacts
        By the name of a layer, the rows of its `impact.parquet`; neurons without impact are left out.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = page(1300, 850, f"{title}: Top Impact")
        lowest = 100 * min(table["beta"].min() for table in impacts.values())
        for (name, table), look in zip(impacts.items(), looks(list(impacts)), strict=True):
            shares = table.groupby("beta")["top_impact"]
            betas = 100 * np.sort(table["beta"].unique())
            everything = ([*betas, 100], [*shares.mean(), 1])
            low, high = ([*shares.quantile(quartile), 1] for quartile in (0.25, 0.75))
            axes.fill_between(everything[0], low, high, color=look["color"], alpha=0.15, linewidth=0)
            axes.plot(*everything, linewidth=2, color=look["color"])
            axes.plot(betas, shares.mean(), markersize=7, clip_on=False, zorder=5, linestyle="none", **look)
            axes.plot([], [], linewidth=2, markersize=7, label=trimmed(name, NAME_WIDTH), **look)
        even = np.geomspace(lowest, 100, 200)
        axes.plot(even, even / 100, color=MUTED, linestyle="--", linewidth=1.4, label="all images alike")
        ticks = [tick for tick in TICKS if tick >= lowest]
        axes.set(xscale="log", xlim=(lowest, 100), ylim=(0, 1.02))
        axes.set_xticks(ticks, [f"{tick:g} %" for tick in ticks])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.minorticks_off()
        axes.set_xlabel("images with the highest activations", color=INK)
        axes.set_ylabel("share of a neuron's effect on the output", color=INK)
        note(axes, "Line: mean over neurons; band: their middle half; dashed: if all images had the same effect.")
        dress(axes)
        legend_beside(axes)
    return figure
