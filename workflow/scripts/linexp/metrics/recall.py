"""Recall."""

import numpy as np

from .columns import Columns
from .metric import Metric


def recall_scores(columns: Columns) -> np.ndarray:
    """Share of the most activating images that have the concept."""
    return (columns.top & columns.concept).sum(axis=1) / columns.top.sum(axis=1)


METRIC = Metric(
    name="recall",
    label="recall",
    of_columns=recall_scores,
    higher_is_better=True,
    formula="|B∩T| / |B|",
    source="Oikarinen, Yan and Weng, ICML 2025",
    bounds=(0.0, 1.0),
    trusted=False,
)
