"""Figures of a layer's scores: correlation against ablation (Fig. 5), distributions, lengths."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..metrics import MAIN
from ..scoring.summary import counted
from .layout import NAME_WIDTH, dress, legend_beside, looks, note, page, pages, text_colour
from .style import INK, MUTED, STYLE, minus, trimmed

MANY_POINTS = 3000
"""More points than these are drawn as an image within an SVG."""
MAX_LENGTH = 12
SHARES = LinearSegmentedColormap.from_list("shares", ["#F3F5F7", "#0072B2"])


class Fit(NamedTuple):
    """y ≈ a·x² + b·x + c, and the share of the variance of y that it explains."""

    a: float
    b: float
    c: float
    r_squared: float

    def at(self, x: np.ndarray) -> NDArray[np.float64]:
        return (self.a * x + self.b) * x + self.c


def quadratic_fit(x: np.ndarray, y: np.ndarray) -> Fit | None:
    """The parabola of the least squares; None with fewer than four points, three different x or two different y.

    Parameters
    ----------
    x, y
        (n,) finite.
    """
    if len(x) < 4 or len(np.unique(x)) < 3 or np.ptp(y) == 0:
        return None
    a, b, c = np.linalg.lstsq(np.stack([x**2, x, np.ones(len(x))], axis=1), y)[0]
    fit = Fit(float(a), float(b), float(c), 0.0)
    return fit._replace(r_squared=float(1 - ((y - fit.at(x)) ** 2).sum() / ((y - y.mean()) ** 2).sum()))


def ablation_metric(scores: pd.DataFrame) -> str | None:
    """The column of the ablation score: optim where it was computed, else norm; None without either."""
    return next((name for name in ("ablation_optim", "ablation_norm") if scores[name].notna().any()), None)


def draw_correlation_against_ablation(scores: pd.DataFrame, layer: str, simulator: str) -> Figure:
    """One point an explanation, by method, with the quadratic fit of all of them (Fig. 5).

    Parameters
    ----------
    scores
        The rows of `scores.parquet`; those where either score is undefined are left out.
    layer, simulator
        Its name in the title; the one whose scores are shown.
    """
    scores = scores[scores["simulator"] == simulator]
    metric = ablation_metric(scores)
    defined = scores.dropna(subset=["correlation", metric]) if metric else scores.iloc[:0]
    with matplotlib.rc_context(STYLE):
        figure, axes = page(1300, 900, f"{layer}: correlation and ablation score")
        methods = list(dict.fromkeys(defined["method"]))
        for method, look in zip(methods, looks(methods), strict=True):
            rows = defined[defined["method"] == method]
            axes.plot(
                rows["correlation"],
                rows[metric],
                linestyle="none",
                markersize=4.5,
                markeredgewidth=0,
                alpha=0.6,
                rasterized=len(defined) > MANY_POINTS,
                label=trimmed(method, NAME_WIDTH),
                **look,
            )
        fit = quadratic_fit(*(defined[name].to_numpy(float) for name in ("correlation", metric))) if metric else None
        if fit:
            x = np.linspace(defined["correlation"].min(), defined["correlation"].max(), 200)
            axes.plot(
                x, fit.at(x), color=INK, linewidth=2, label=f"quadratic fit, R² = {minus(f'{fit.r_squared:.2f}')}"
            )
        fitted = f"Fit: {_parabola(fit)}." if fit else "Too few scores for a quadratic fit."
        note(axes, f"{len(defined):,} explanations, scored on test images with {simulator}. {fitted}")
        axes.set_xlabel(MAIN["correlation"], color=INK)
        axes.set_ylabel(MAIN[metric or "ablation_optim"], color=INK)
        dress(axes)
        if methods:
            legend_beside(axes)
    return figure


def _parabola(fit: Fit) -> str:
    signs = ["+" if value >= 0 else "−" for value in (fit.b, fit.c)]
    return f"{minus(f'{fit.a:.2f}')}·x² {signs[0]} {abs(fit.b):.2f}·x {signs[1]} {abs(fit.c):.2f}"


def draw_scores(scores: pd.DataFrame, layer: str, simulator: str) -> Figure:
    """The distribution of correlation and ablation scores over neurons, a row a method.

    The box has the middle half of the neurons, its line is the median, whiskers reach from the 5th to the 95th
    percentile, the diamond is the mean. An undefined score counts 0, as in the summary.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`.
    """
    scores = scores[scores["simulator"] == simulator]
    metrics = ["correlation", *filter(None, [ablation_metric(scores)])]
    values = counted(scores, metrics)
    methods = list(dict.fromkeys(scores["method"]))
    with matplotlib.rc_context(STYLE):
        figure, panels = pages(1500, 240 + 75 * len(methods), f"{layer}: scores by method", len(metrics))
        for axes, metric in zip(panels, metrics, strict=True):
            for row, (method, look) in enumerate(zip(methods, looks(methods), strict=True)):
                _distribution(axes, row, values.loc[values["method"] == method, metric].to_numpy(), look["color"])
            axes.axvline(0, color=MUTED, linewidth=0.8, zorder=0)
            axes.set(ylim=(len(methods) - 0.5, -0.5))
            axes.set_yticks(range(len(methods)), [trimmed(method, NAME_WIDTH) for method in methods])
            axes.tick_params(axis="y", length=0, labelleft=axes is panels[0])
            axes.set_xlabel(MAIN[metric], color=INK)
            dress(axes)
            axes.grid(axis="x", color="#E4E4E4", linewidth=0.8)
        note(
            panels[0],
            f"{scores['neuron'].nunique():,} neurons on test images with {simulator}. Boxes: middle half and median; "
            "whiskers: 5 to 95 %; diamonds: mean; an undefined score counts 0.",
        )
    return figure


def _distribution(axes: Axes, row: int, values: np.ndarray, colour: str) -> None:
    places = row + np.random.default_rng(0).uniform(-0.3, 0.3, len(values))
    dots = {"markersize": 3, "markeredgewidth": 0, "alpha": 0.35, "rasterized": len(values) > MANY_POINTS // 10}
    axes.plot(values, places, "o", color=colour, zorder=1, **dots)
    line = {"color": INK, "linewidth": 1.2}
    axes.boxplot(
        values,
        positions=[row],
        orientation="horizontal",
        whis=(5, 95),
        widths=0.42,
        showmeans=True,
        showfliers=False,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": (1, 1, 1, 0.75), "edgecolor": INK, "linewidth": 1.2},
        medianprops={"color": INK, "linewidth": 2.2},
        whiskerprops=line,
        capprops=line,
        meanprops={"marker": "D", "markerfacecolor": colour, "markeredgecolor": INK, "markersize": 5.5},
    )


def draw_lengths(lengths: Mapping[str, Sequence[int]], layer: str) -> Figure:
    """How many concepts explanations have: a row a method, a column a number, the share of neurons in the cells.

    Parameters
    ----------
    lengths
        By method, the number of concepts of each neuron's explanation; 0 is unexplained.
    """
    longest = max((max(values, default=0) for values in lengths.values()), default=0)
    columns = min(longest, MAX_LENGTH) + 1
    shares = np.stack([length_shares(values, columns) for values in lengths.values()])
    names = [str(number) for number in range(columns)]
    names[-1] += "+" if longest > MAX_LENGTH else ""
    with matplotlib.rc_context(STYLE):
        figure, axes = page(650 + 65 * columns, 230 + 55 * len(lengths), f"{layer}: lengths of explanations")
        axes.pcolormesh(shares, cmap=SHARES, vmin=0, vmax=1, edgecolors="white", linewidth=2)
        for row, column in np.argwhere(shares > 0):
            share = shares[row, column]
            text = f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
            place = {"ha": "center", "va": "center", "size": 7.5}
            axes.text(column + 0.5, row + 0.5, text, color=text_colour(SHARES(share)), **place)
        axes.set_xticks(np.arange(columns) + 0.5, names)
        axes.set_yticks(np.arange(len(lengths)) + 0.5, [trimmed(name, NAME_WIDTH) for name in lengths])
        axes.set_xlabel("concepts in an explanation", color=INK)
        axes.invert_yaxis()
        dress(axes)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        means = axes.secondary_yaxis("right")
        means.set_yticks(np.arange(len(lengths)) + 0.5, [f"mean {np.mean(values):.1f}" for values in lengths.values()])
        means.tick_params(length=0, labelsize=9, labelcolor=MUTED)
        means.spines[:].set_visible(False)
        note(axes, "Share of neurons; 0: unexplained, or not explained by the method.")
    return figure


def length_shares(lengths: Sequence[int], columns: int) -> NDArray[np.float64]:
    """(columns,) share of the explanations with 0, 1, … concepts; the last also has all longer ones."""
    counts = np.bincount(np.minimum(lengths, columns - 1), minlength=columns)
    return counts / max(len(lengths), 1)
