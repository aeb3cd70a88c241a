"""The page `index.html`: what it says of the whole layer is in it, the rest comes with the scripts beside it."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..artifacts import store
from ..metrics import MAIN, METRICS
from ..scoring.sanity import TESTS
from .layer import LayerFiles, Shown

PAGE = Path(__file__).parent / "page"


def render(files: LayerFiles, shown: Shown, facts: Mapping[str, Any]) -> str:
    """The page; whatever it quotes is escaped.

    Parameters
    ----------
    facts
        What `folder` found out while it wrote the data.
    """
    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "count": lambda value: f"{value:,}", "size": size}
    summary = pd.read_csv(files.summary, keep_default_na=False, na_values=[""])
    metrics = [name for name in METRICS if name in summary and summary[name].notna().any()]
    provenance = shown.provenance.summary()
    return environment.get_template("index.html").render(
        shown=shown,
        facts=facts,
        judged=_means(summary[summary["control"].isna()]),
        controls=_means(summary[summary["control"].notna()]),
        shuffled=_shuffled(summary),
        means=[name for name in MAIN if name in metrics],
        labels=MAIN,
        several_simulators=summary["simulator"].nunique() > 1,
        statuses=_statuses(files),
        badges=_badges(pd.read_csv(files.sanity, keep_default_na=False, na_values=[""])),
        comparisons=_comparisons(pd.read_csv(files.comparison)),
        metrics=METRICS,
        calibrations=[
            store.read_json(path) | {"name": name, "role": role}
            for (name, role), path in zip(shown.calibrated, files.calibrations, strict=True)
        ],
        provenance=provenance,
        settings=json.dumps(json.loads(provenance["settings"]), indent=2, ensure_ascii=False),
    )


def number(value: float | None, digits: int = 3) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:z.{digits}f}".replace("-", "−")


def size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e7 else f"{n_bytes / 1e6:,.0f} MB"


def _means(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of the summary; `bars` has the start, width and interval of each mean in percent of the scale 0 to 1."""
    rows = summary.to_dict("records")
    for row in rows:
        row["bars"] = {name: _bar(*(row[name + end] for end in ("", "_low", "_high"))) for name in MAIN if name in row}
    return rows


def _bar(mean: float, low: float, high: float) -> dict[str, float] | None:
    if math.isnan(mean):
        return None
    mean, low, high = (round(100 * min(max(0.0, value), 1.0), 2) for value in (mean, low, high))
    return {"width": mean, "low": low, "span": round(high - low, 2)} if low == low else {"width": mean}


def _shuffled(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """What explanations of other neurons reach, of the rows that tell."""
    return summary[summary["correlation_shuffled"].notna()].to_dict("records")


def _statuses(files: LayerFiles) -> list[dict[str, Any]]:
    """How many neurons each method has of each status."""
    scores = store.read_table(files.scores).to_pandas()
    scores = scores[scores["method"].isin(list(files.explanations))].drop_duplicates(["method", "neuron"])
    counts = scores.groupby(["method", "status"], sort=False).size().unstack(fill_value=0)
    statuses = sorted(counts.columns, key=lambda status: (status != "ok", status))
    return [
        {
            "method": method,
            "dead": int(scores.loc[scores["method"] == method, "dead"].sum()),
            "counts": {status: int(counts.loc[method, status]) for status in statuses},
        }
        for method in files.explanations
        if method in counts.index
    ]


def _badges(sanity: pd.DataFrame) -> dict[str, Any]:
    """One row a metric, one column an explanation: whether it passed, and the shares for each test."""
    explanations = list(dict.fromkeys(sanity["explanation"]))
    rows = []
    for metric in dict.fromkeys(sanity["metric"]):
        of_metric = sanity[sanity["metric"] == metric]
        cells = []
        for explanation in explanations:
            tests = of_metric[of_metric["explanation"] == explanation].set_index("test")
            known = all(test in tests.index and not pd.isna(tests.loc[test, "share_passed"]) for test in TESTS)
            cells.append(
                {
                    "passed": all(str(tests.loc[test, "passed"]) == "True" for test in TESTS),
                    "shares": [float(tests.loc[test, "share_passed"]) for test in TESTS],
                }
                if known
                else None
            )
        rows.append({"metric": metric, "trusted": METRICS[metric].trusted, "cells": cells})
    return {"explanations": explanations, "rows": rows}


def _comparisons(comparison: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The pairs of methods by metric."""
    return {metric: rows.to_dict("records") for metric, rows in comparison.groupby("metric", sort=False)}
