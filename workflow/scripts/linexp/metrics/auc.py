"""Area under the ROC curve of finding the most activating images."""

import numpy as np

from .columns import Columns, roc_areas
from .metric import Metric


def auc_scores(columns: Columns) -> np.ndarray:
    """How often one of the most activating images is simulated higher than another image; ties count half."""
    return roc_areas(columns.top, columns.simulated_ranking.ranks)


METRIC = Metric(
    name="auc",
    label="AUC",
    of_columns=auc_scores,
    higher_is_better=True,
    formula="Pr(s(x) > s(y)) + ½·Pr(s(x) = s(y)) for x in B, y not in B",
    source="Oikarinen, Yan and Weng, ICML 2025",
    bounds=(0.0, 1.0),
    trusted=False,
)
