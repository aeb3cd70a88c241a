"""Spearman's rank correlation."""

import numpy as np

from .columns import Columns
from .correlation import correlations
from .metric import Metric


def spearman_scores(columns: Columns) -> np.ndarray:
    """Correlation of the ranks; images that are tied share their mean rank.

    The published sanity checks broke ties at random, so 0/1 concepts failed them there and need not here.
    """
    return correlations(columns.simulated_ranking.ranks, columns.activation_ranking.ranks)


METRIC = Metric(
    name="spearman",
    label="Spearman",
    of_columns=spearman_scores,
    higher_is_better=True,
    formula="correlation of rank(s) and rank(a)",
    source="Oikarinen, Yan and Weng, ICML 2025",
    bounds=(-1.0, 1.0),
    trusted=False,
)
