"""The table of all neurons that the first page shows, searches and filters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..explanations import MISSING
from ..metrics import MAIN, METRICS
from ..scoring.reasons import REASONS
from ..scoring.words import CEILING, STATUS, VERDICTS, WHY_NOT
from .headline import best_methods
from .layer import Explained
from .scripts import rounded, short

PICTURES = 5

LABELS = {name: metric.label for name, metric in METRICS.items()} | {
    "c": "c of ablation (optim)",
    "d": "d of ablation (optim)",
    "p_predicts": "p, predicts",
    "p_chosen": "p, chosen better than at random",
    "q_value": "q, of both",
    "null_mean": "random concepts, mean",
    "null_p95": "random concepts, 95th percentile",
    "others_p95": "explanations of other neurons, 95th percentile",
    "correlation_val": "correlation on val",
    "best_method": "best method, by val",
    "polysemanticity_percentile": "polysemanticity, percentile among random sets",
}
"""What the columns of `scores.parquet` are called on a page, where their names do not say it."""

BELIEF = {
    "q": "q_value",
    "null_mean": "null_mean",
    "null_p95": "null_p95",
    "spread": "polysemanticity",
    "spread_rank": "polysemanticity_percentile",
}
"""Columns that say how far a score can be believed, and over how many meanings an explanation is spread."""


def table(
    explained: Explained,
    scores: pd.DataFrame,
    simulator: str,
    concept_ids: Mapping[str, int],
    maxima: np.ndarray,
    pictures: Sequence[Sequence[int]],
) -> dict[str, Any]:
    """A column each, with one entry a neuron; verdicts, reasons and methods by their place in a list of them.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`.
    maxima
        (n,) highest activations.
    pictures
        For each neuron, the rows of images with high activations.
    """
    ours = scores[scores["simulator"] == simulator].set_index("neuron")
    shown = {name: label for name, label in MAIN.items() if ours[name].notna().any()}
    verdicts = sorted(set(ours["verdict"]) | {MISSING})
    methods = {}
    for method, explanations in explained.by_method.items():
        rows = ours[ours["method"] == method].reindex(explained.neurons)
        methods[method] = {
            "concepts": [[concept_ids[concept] for concept in one.concepts] for one in explanations],
            "weights": [rounded(one.weights, 4) for one in explanations],
            "bias": [short(one.bias, 3) or 0 for one in explanations],
            "status": [status if isinstance(status, str) else MISSING for status in rows["status"]],
            "scores": {name: rounded(rows[name].astype(float)) for name in shown},
            "verdict": _places(rows["verdict"].fillna(MISSING), verdicts),
            "why": _places(rows["why_not"], REASONS),
            **{name: rounded(rows[column].astype(float), 3) for name, column in BELIEF.items()},
        }
    return {
        "neurons": explained.neurons.tolist(),
        "names": explained.names,
        "dead": explained.dead.tolist(),
        "maxima": rounded(maxima),
        "pictures": pictures,
        "scores": shown,
        "labels": LABELS,
        "methods": methods,
        "verdicts": verdicts,
        "reasons": REASONS,
        "words": {
            "verdicts": VERDICTS,
            "why_not": WHY_NOT,
            "ceilings": CEILING,
            "statuses": STATUS,
        },
        "best": _places(best_methods(ours, explained), list(explained.by_method)),
    }


def _places(values: pd.Series, names: Sequence[str]) -> list[int | None]:
    """Where each value is among names; None where it is missing."""
    place = {name: number for number, name in enumerate(names)}
    return [place[value] if isinstance(value, str) else None for value in values]
