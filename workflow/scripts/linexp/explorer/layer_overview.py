"""What a layer opens on: methods ranked with their nulls, how many neurons beat chance, and which do not."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from ..explanations import CONSTANT, EXPLAINED, NOT_ABOVE_CHANCE, PREDICTS_ONLY, UNEXPLAINED
from ..scoring.reasons import REASONS
from ..scoring.words import VERDICTS
from .headline import headlines
from .layer import Explained, Shown

BINS = 20
LONGEST = 8
"""Lengths of explanations that are told apart; longer ones are counted together."""
RANKED = "correlation"


def overview_of(
    shown: Shown, explained: Explained, scores: pd.DataFrame, summary: pd.DataFrame, comparison: pd.DataFrame
) -> dict[str, Any]:
    """All that the overview of a layer says, by the main simulator.

    Parameters
    ----------
    scores, summary, comparison
        The rows of the artifacts of these names.
    """
    of_simulator = [table[table["simulator"] == shown.simulator] for table in (scores, summary, comparison)]
    ours, means, pairs = of_simulator
    ours = ours[ours["method"].isin(list(explained.by_method))].set_index("neuron")
    judged = means[means["control"].isna() & means["method"].isin(list(explained.by_method))]
    best = headlines(ours, explained)
    return {
        "ranking": ranking(ours, judged, pairs[pairs["metric"] == RANKED], shown.titles),
        "neurons": len(best),
        "explained": int((best["verdict"] == EXPLAINED).sum()),
        "by_length": by_length(best),
        "distribution": distribution(best),
        "groups": groups(best, explained.dead),
        "by_none": by_none(ours, best),
    }


def ranking(
    ours: pd.DataFrame, judged: pd.DataFrame, comparison: pd.DataFrame, titles: Mapping[str, str]
) -> dict[str, Any]:
    """Methods from the highest mean correlation down, on one scale, each compared with all others.

    Parameters
    ----------
    ours
        The rows of `scores.parquet` of the main simulator and the methods that are shown, by neuron.
    judged
        Those of `summary.csv`, without null controls.
    comparison
        Those of `comparison.csv`, of the correlation.
    titles
        What each method is called.

    Returns
    -------
    dict[str, Any]
        `rows`, `start` of the scale, and `lead`: whether the first is better than the second beyond doubt; None of one.
    """
    judged = judged.sort_values(RANKED, ascending=False, kind="stable")
    methods = judged["method"].tolist()
    nulls = ours.groupby("method")[["null_mean", "null_p95"]].mean()
    ends = [*judged[RANKED], *judged[f"{RANKED}_low"], *nulls.loc[methods, "null_mean"]]
    start = float(np.clip(np.nanmin([0.0, *ends]), -1.0, 0.0))
    won = ours["verdict"].eq(EXPLAINED).groupby(ours["method"].to_numpy()).sum()
    rows = [
        {
            "method": row["method"],
            "title": titles[row["method"]],
            "mean": row[RANKED],
            "ends": (row[f"{RANKED}_low"], row[f"{RANKED}_high"]),
            "null": tuple(nulls.loc[row["method"]]),
            "explained": int(won[row["method"]]),
            "against": [difference(comparison, row["method"], other) for other in methods],
        }
        for row in judged.to_dict("records")
    ]
    return {"rows": rows, "start": start, "lead": rows[0]["against"][1] if len(rows) > 1 else None}


def difference(comparison: pd.DataFrame, method: str, other: str) -> dict[str, Any] | None:
    """How much more a method reaches than another on the same neurons, and whether that is beyond doubt.

    Returns
    -------
    dict[str, Any] | None
        `difference`, `low` and `high`, its 95 % interval, and `sure`, 1 if that lies above 0, −1 below, else 0; None of
        a method and itself.
    """
    for sign, first, second in ((1, method, other), (-1, other, method)):
        rows = comparison[(comparison["method_a"] == first) & (comparison["method_b"] == second)]
        for row in rows.to_dict("records"):
            low, high = sorted((sign * row["low"], sign * row["high"]))
            return {
                "difference": sign * row["difference"],
                "low": low,
                "high": high,
                "sure": int(low > 0) - int(high < 0),
            }
    return None


def by_length(best: pd.DataFrame) -> list[dict[str, Any]]:
    """How many neurons are explained by how many concepts; each with the address of their table."""
    lengths = best.loc[best["verdict"] == EXPLAINED, "n_concepts"].astype(int)
    found = []
    for k in range(1, min(LONGEST, int(lengths.max()) if len(lengths) else 0) + 1):
        last = k == LONGEST
        count = int((lengths >= k).sum() if last else (lengths == k).sum())
        address = link(status=EXPLAINED, length=f"{k}.." if last else f"{k}..{k}")
        found.append({"concepts": f"{k}+" if last and lengths.max() > k else str(k), "count": count, "href": address})
    return found


def distribution(best: pd.DataFrame) -> list[dict[str, Any]]:
    """The correlations of the neurons in bins, and beside them the 95th percentiles of random concepts."""
    values = best[RANKED].dropna().to_numpy(float)
    nulls = best["null_p95"].dropna().to_numpy(float)
    start = math.floor(min([0.0, *values, *nulls]) * BINS) / BINS
    edges = np.linspace(start, 1, round((1 - start) * BINS) + 1)
    counts, chance = (np.histogram(np.clip(of, start, 1), edges)[0] for of in (values, nulls))
    return [
        {"low": low, "high": high, "count": int(count), "chance": int(of_chance)}
        for (low, high), count, of_chance in zip(pairwise(edges), counts, chance, strict=True)
    ]


def groups(best: pd.DataFrame, dead: np.ndarray) -> list[dict[str, Any]]:
    """Neurons that are not explained, by what is known of them, with the addresses of their tables."""
    named = {
        PREDICTS_ONLY: VERDICTS[PREDICTS_ONLY].told,
        NOT_ABOVE_CHANCE: VERDICTS[NOT_ABOVE_CHANCE].short,
        UNEXPLAINED: "without any explanation",
        CONSTANT: "constant",
    }
    found = [
        {"label": label, "count": int((best["verdict"] == verdict).sum()), "href": link(status=verdict)}
        for verdict, label in named.items()
    ]
    found.append({"label": "dead", "count": int(dead.sum()), "href": link(status="dead")})
    return [group for group in found if group["count"]]


def by_none(ours: pd.DataFrame, best: pd.DataFrame) -> dict[str, Any]:
    """The neurons that no method explains, and why their best explanation does not, where ceilings tell.

    Parameters
    ----------
    ours
        As in `ranking`.
    best
        The `headlines` of it.

    Returns
    -------
    dict[str, Any]
        `count`, `href` and `reasons`, of which each has its `reason`, `count` and `href`.
    """
    explained = ours["verdict"].eq(EXPLAINED).groupby(level=0).any()
    none = best[~explained.reindex(best.index).fillna(False).to_numpy(bool)]
    counts = none["why_not"].value_counts()
    reasons = [
        {"reason": reason, "count": int(counts[reason]), "href": link(status="by_none", why=reason)}
        for reason in REASONS
        if reason in counts
    ]
    return {"count": len(none), "href": link(status="by_none"), "reasons": reasons}


def link(**state: str) -> str:
    """The address of a table of neurons."""
    return f"#{urlencode(state)}"


def scale_place(value: float, start: float) -> float:
    """Where a value lies on the scale from `start` to 1, in percent."""
    return round(100 * (min(max(start, value), 1.0) - start) / (1 - start), 2)


def scale_ticks(start: float) -> Sequence[float]:
    """Round values within the scale."""
    return [value for value in (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0) if value >= start]


def sentence(rank: Mapping[str, Any]) -> str:
    """Which method predicts best, and whether that is sure."""
    rows, lead = rank["rows"], rank["lead"]
    if not rows:
        return "No method is scored."
    first = f"{rows[0]['title']} predicts best"
    if lead is None:
        return f"{first}."
    ends = f"{lead['difference']:+.3f}, 95 % interval {lead['low']:+.3f} to {lead['high']:+.3f}".replace("-", "−")
    if lead["sure"] > 0:
        return f"{first}, and beyond doubt: {ends} against {rows[1]['title']}."
    level = [row["title"] for row, other in zip(rows[1:], rows[0]["against"][1:], strict=True) if other["sure"] <= 0]
    return f"{first}, but not beyond doubt: {', '.join(level)} may be as good ({ends})."
