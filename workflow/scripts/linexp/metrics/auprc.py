"""Area under the precision-recall curve."""

import numpy as np

from .columns import Columns
from .metric import Metric


def auprc_scores(columns: Columns) -> np.ndarray:
    """Average precision of finding the most activating images by their simulated activation.

    It is the mean over B of the precision at each image's own threshold; images that are simulated alike share one.
    """
    ranking = columns.simulated_ranking
    hits = np.take_along_axis(columns.top, ranking.order, axis=1)
    from_here = hits[:, ::-1].cumsum(axis=1)[:, ::-1]
    found = np.take_along_axis(from_here, ranking.lower, axis=1)
    precision = found / (hits.shape[1] - ranking.lower)
    return precision.mean(axis=1, where=hits)


METRIC = Metric(
    name="auprc",
    label="AUPRC",
    of_columns=auprc_scores,
    higher_is_better=True,
    formula="Σᵢ (recallᵢ − recallᵢ₋₁)·precisionᵢ over the thresholds of s; label B",
    source="Oikarinen, Yan and Weng, ICML 2025",
    bounds=(0.0, 1.0),
    trusted=True,
)
