"""F1 score."""

import numpy as np

from .columns import Columns
from .metric import Metric


def f1_scores(columns: Columns) -> np.ndarray:
    """Harmonic mean of precision and recall of the concept, for the most activating images."""
    top, concept = columns.top, columns.concept
    return 2 * (top & concept).sum(axis=1) / (top.sum(axis=1) + concept.sum(axis=1))


METRIC = Metric(
    name="f1",
    label="F1",
    of_columns=f1_scores,
    higher_is_better=True,
    formula="2·|B∩T| / (|B| + |T|)",
    source="Huang et al., 2023",
    bounds=(0.0, 1.0),
    trusted=True,
)
