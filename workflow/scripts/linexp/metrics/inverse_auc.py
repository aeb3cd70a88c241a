"""Area under the ROC curve of telling the concept by the activation."""

import numpy as np

from .columns import Columns, roc_areas
from .metric import Metric


def inverse_auc_scores(columns: Columns) -> np.ndarray:
    """How often an image with the concept activates the neuron more than one without; ties count half."""
    return roc_areas(columns.concept, columns.activation_ranking.ranks)


METRIC = Metric(
    name="inverse_auc",
    label="inverse AUC",
    of_columns=inverse_auc_scores,
    higher_is_better=True,
    formula="Pr(a(x) > a(y)) + ½·Pr(a(x) = a(y)) for x in T, y not in T",
    source="INVERT (Bykov et al., 2023)",
    bounds=(0.0, 1.0),
    trusted=False,
)
