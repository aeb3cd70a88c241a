"""The page `index.html`: what it says of the whole layer is in it, the rest comes with the scripts beside it."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..artifacts import store
from ..metrics import MAIN, METRICS
from ..scoring.sanity import TESTS
from ..scoring.words import VERDICTS, WHY_NOT, verdict_text
from .layer import LayerFiles, Shown
from .layer_overview import overview_of, scale_place, scale_ticks, sentence
from .place_quality import OF_ALL, measures_of, read_quality
from .trust import read_sanity

PAGE = Path(__file__).parent / "page"


def templates(folder: Path) -> Environment:
    """The templates in a folder; whatever they quote is escaped, and what they are not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


def render(files: LayerFiles, shown: Shown, facts: Mapping[str, Any]) -> str:
    """The page; whatever it quotes is escaped.

    Parameters
    ----------
    facts
        What `folder` found out while it wrote the data, with their `size`, to which that of the page is added.
    """
    environment = templates(PAGE)
    environment.filters |= {"count": lambda value: f"{value:,}", "size": size, "signed": signed}
    environment.globals |= {"place": scale_place, "ticks": scale_ticks}
    summary, comparison = (
        pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in (files.summary, files.comparison)
    )
    scores = store.read_table(files.scores).to_pandas()
    overview = overview_of(shown, facts["explained"], scores, summary, comparison)
    metrics = [name for name in METRICS if name in summary and summary[name].notna().any()]
    scales = mean_scales(summary)
    provenance = shown.provenance.summary()
    page = partial(
        environment.get_template("index.html").render,
        shown=shown,
        overview=overview,
        sentence=sentence(overview["ranking"]),
        why_not=WHY_NOT,
        title=lambda method: shown.titles.get(method, method.replace("_", " ")),
        judged=_means(summary[summary["control"].isna()], scales),
        controls=_means(summary[summary["control"].notna()], scales),
        shuffled=_shuffled(summary),
        fit=_fit(summary.iloc[0]),
        means=[name for name in MAIN if name in metrics],
        labels=MAIN,
        several_simulators=summary["simulator"].nunique() > 1,
        verdicts=_verdicts(scores[scores["simulator"] == shown.simulator], facts["methods"]),
        verdict_text=verdict_text,
        badges=_badges(read_sanity(files.sanity)),
        comparisons=_comparisons(comparison),
        metrics=METRICS,
        calibrations=[
            store.read_json(path) | {"name": name, "role": role}
            for (name, role), path in zip(shown.calibrated, files.calibrations, strict=True)
        ],
        quality=[
            {"name": name, "role": role, "measures": measures_of(table, OF_ALL)}
            for (name, role), table in zip(shown.calibrated, read_quality(files.quality), strict=False)
        ],
        provenance=provenance,
        settings=json.dumps(json.loads(provenance["settings"]), indent=2, ensure_ascii=False),
    )
    without_itself = page(facts=facts)
    return page(facts={**facts, "size": facts["size"] + len(without_itself.encode())})


def number(value: float | None, digits: int = 3) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:z.{digits}f}".replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    return ("+" if round(value, digits) > 0 else "") + number(value, digits)


def size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e7 else f"{n_bytes / 1e6:,.0f} MB"


def _fit(first: pd.Series) -> dict[str, float] | None:
    """What the autoencoder of the layer's features leaves of it, in percent, and its active features; None without."""
    if math.isnan(first["variance_left"]):
        return None
    return {"left": 100 * first["variance_left"], "active": first["mean_active"]}


def _means(summary: pd.DataFrame, scales: Mapping[str, float]) -> list[dict[str, Any]]:
    """The rows of the summary; `bars` has what is drawn of each mean, in percent of a scale that ends at 1."""
    rows = summary.to_dict("records")
    for row in rows:
        row["bars"] = {
            name: mean_bar(row[name], row[f"{name}_low"], row[f"{name}_high"], start) for name, start in scales.items()
        }
    return rows


def mean_scales(summary: pd.DataFrame) -> dict[str, float]:
    """Where the bars of each score begin, the same in all tables: 0, or the lowest of all, but not below -1."""
    ends = {name: summary[[name, f"{name}_low"]].min().min() for name in MAIN if name in summary}
    return {name: float(np.clip(np.nan_to_num(low), -1.0, 0.0)) for name, low in ends.items()}


def mean_bar(mean: float, low: float, high: float, start: float) -> dict[str, float | bool] | None:
    """What is drawn of a mean, in percent of a scale from `start` to 1; None where the mean is undefined.

    Returns
    -------
    dict[str, float | bool] | None
        `begin` and `width` of the bar from 0 to the mean, `zero`, whether the mean is `negative`, and, if there is an
        interval, its `low` end and `span`.
    """
    if math.isnan(mean):
        return None

    zero, end = scale_place(0.0, start), scale_place(mean, start)
    bar = {"begin": min(zero, end), "width": round(abs(end - zero), 2), "zero": zero, "negative": mean < 0}
    if not math.isnan(low):
        left = scale_place(low, start)
        bar |= {"low": left, "span": round(scale_place(high, start) - left, 2)}
    return bar


def _shuffled(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """What explanations of other neurons reach, of the rows that tell."""
    return summary[summary["correlation_shuffled"].notna()].to_dict("records")


def _verdicts(scores: pd.DataFrame, methods: Sequence[str]) -> dict[str, Any]:
    """How many neurons each method has of each verdict, or of the status in its place."""
    counts = scores.groupby(["method", "verdict"], sort=False).size().unstack(fill_value=0)
    names = sorted(counts.columns, key=lambda name: (list(VERDICTS).index(name) if name in VERDICTS else 9, name))
    rows = [
        {
            "method": method,
            "dead": int(scores.loc[scores["method"] == method, "dead"].sum()),
            "counts": {name: int(counts.loc[method, name]) for name in names},
        }
        for method in methods
        if method in counts.index
    ]
    return {"names": names, "rows": rows}


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
