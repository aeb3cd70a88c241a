"""Print the means of a layer and where its results lie: `python -m linexp.terminal.summary results/target/layer`."""

import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..explanations import EXPLAINED, PREDICTS_ONLY
from ..metrics import MAIN

WIDTH = 110
CellsOf = Callable[[Mapping[str, Any]], list[str]]
_MEANS = (*MAIN.values(), "length", "shuffled")
_SHARES = {EXPLAINED: "explained", PREDICTS_ONLY: "predicts only", "best": "best", "verdict_flips": "verdict differs"}
HEADING = """\
Means over neurons on unseen images, with 95 % intervals; below the rule are null controls.
Shuffled: the correlation that explanations of other neurons reach (95th percentile of shuffles).
Explained: the share of neurons that are predicted, and better than by random concepts; predicts only: not better.
Best: the share of which this is the method that predicts val best; verdict differs: from simulator to simulator."""


def summary_text(folder: Path) -> str:
    """The means of `summary.csv` by method, at most `WIDTH` columns wide, and the places of the results."""
    summary = pd.read_csv(folder / "summary.csv")
    parts = []
    for simulator, rows in summary.groupby("simulator", sort=False):
        judged, controls = rows[rows["control"].isna()], rows[rows["control"].notna()]
        parts.append("\n".join([_facts(simulator, rows.iloc[0]), *_table(judged, controls, _MEANS, _means)]))
        parts.append("\n".join([*_shares(judged, controls), *_best(judged)]))
    parts += filter(None, [_badges(summary)])
    report = folder / "report" / "index.html"
    parts.append(f"scores: {folder / 'scores.parquet'}" + (f"\nreport: {report}" if report.exists() else ""))
    return "\n\n".join(parts)


def _facts(simulator: str, first: pd.Series) -> str:
    """What holds for all methods."""
    facts = [f"{first['neurons']} neurons, {first['dead']} dead", f"simulator {simulator}"]
    if not pd.isna(first["ablation_constant"]):
        facts.append(f"ablation of the best constant {first['ablation_constant']:.3f}")
    if pd.notna(first.get("ablation_ceiling")):
        facts.append(f"of the units' own maps in cells {first['ablation_ceiling']:.3f}")
    if pd.notna(first["variance_left"]):
        facts.append(reconstruction(first["variance_left"], first["mean_active"]))
    if first["copies"]:
        facts.append(f"{first['copies']} images are copies of others")
    return "; ".join(facts)


def reconstruction(variance_left: float, mean_active: float) -> str:
    """What a sparse autoencoder leaves of a layer, and how many of its features are active."""
    left, active = f"{100 * variance_left:.3g} %", f"{mean_active:.3g} features"
    return f"the autoencoder leaves {left} of the layer's variance, {active} of a place are active"


def _table(judged: pd.DataFrame, controls: pd.DataFrame, header: Sequence[str], cells_of: CellsOf) -> list[str]:
    """The header, a line a method, and those of the null controls below a rule."""
    rows = [row for part in (judged, controls) for row in part.to_dict("records")]
    cells = [["method", *header], *([_label(row), *cells_of(row)] for row in rows)]
    numbers = [max(map(len, column)) for column in list(zip(*cells, strict=True))[1:]]
    room = min(max(len(row[0]) for row in cells), WIDTH - sum(numbers) - 2 * len(numbers))
    lines = ["  ".join([_of_width(label, room), *map(str.rjust, rest, numbers)]) for label, *rest in cells]
    rule = "-" * len(lines[0])
    below = 1 + len(judged)
    return [*lines[:below], *([rule, *lines[below:]] if len(controls) else [])]


def _label(row: Mapping[str, Any]) -> str:
    method, control = row["method"], row["control"]
    return method if pd.isna(control) or control == method else f"{control} {method}"


def _means(row: Mapping[str, Any]) -> list[str]:
    means = [_with_interval(*(row[name + end] for end in ("", "_low", "_high"))) for name in MAIN]
    return [*means, f"{row['mean_length']:.1f}", _number(row["correlation_shuffled_p95"])]


def _shares(judged: pd.DataFrame, controls: pd.DataFrame) -> list[str]:
    """The table of shares; without those that say nothing of a single method, or with a single simulator."""
    empty = {"best": len(judged) < 2, "verdict_flips": judged["verdict_flips"].isna().all()}
    names = [name for name in _SHARES if not empty.get(name)]

    def cells_of(row: Mapping[str, Any]) -> list[str]:
        return [_share(*(row[name + end] for end in ("", "_low", "_high"))) for name in names]

    return _table(judged, controls, [_SHARES[name] for name in names], cells_of)


def _best(judged: pd.DataFrame) -> list[str]:
    """What the best method of each neuron reaches, where there are several."""
    if len(judged) < 2:
        return []
    reached = _with_interval(*(judged.iloc[0][f"correlation_best{end}"] for end in ("", "_low", "_high")))
    return [f"The best method of each neuron, chosen on val: correlation {reached}"]


def _share(mean: float, low: float, high: float) -> str:
    if pd.isna(mean):
        return "–"
    return f"{mean:.0%}" if pd.isna(low) else f"{mean:.0%} [{low:.0%}, {high:.0%}]"


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:z.3f}"


def _with_interval(mean: float, low: float, high: float) -> str:
    return _number(mean) if pd.isna(low) else f"{mean:z.3f} [{low:z.2f}, {high:z.2f}]"


def _of_width(text: str, room: int) -> str:
    return text.ljust(room) if len(text) <= room else f"{text[: room - 1]}…"


def _badges(summary: pd.DataFrame) -> str:
    """The sanity checks of all metrics, on the explanations of the first method; empty if there were none."""
    first = summary.iloc[0]
    badges = {name.removesuffix("_sanity"): first[name] for name in summary if name.endswith("_sanity")}
    told = [f"{name} {badge}".replace(" ", "\u00a0") for name, badge in badges.items() if pd.notna(badge)]
    text = f"Sanity checks with missing and extra labels, {first['method']}: {', '.join(told)}"
    return textwrap.fill(text, WIDTH, break_long_words=False).replace("\u00a0", " ") if told else ""


if __name__ == "__main__":
    print(f"\n{HEADING}\n\n{summary_text(Path(sys.argv[1]))}")
