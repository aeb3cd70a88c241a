"""Scores for an explanation, and which of them can be trusted. A metric is a file of its name, and its line here."""

from importlib import import_module

from .metric import Metric, scores_of

_NAMES = (
    "correlation",
    "ablation_optim",
    "ablation_norm",
    "cosine",
    "auprc",
    "f1",
    "iou",
    "spearman",
    "recall",
    "auc",
    "inverse_auc",
    "mad",
    "top_and_random_correlation",
)

METRICS: dict[str, Metric] = {name: import_module(f".{name}", __name__).METRIC for name in _NAMES}

MAIN = {name: METRICS[name].label for name in ("correlation", "ablation_optim", "ablation_norm")}
"""The labels of the scores that summaries, pages and pictures show."""

__all__ = ["MAIN", "METRICS", "Metric", "scores_of"]
