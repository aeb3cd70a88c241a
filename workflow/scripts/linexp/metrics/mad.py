"""Mean activation difference."""

import numpy as np

from .columns import Columns
from .metric import Metric


def mad_scores(columns: Columns) -> np.ndarray:
    """How much higher the mean activation is with the concept than without, in standard deviations."""
    a, concept = columns.activations, columns.concept
    return (a.mean(axis=1, where=concept) - a.mean(axis=1, where=~concept)) / a.std(axis=1)


METRIC = Metric(
    name="mad",
    label="MAD",
    of_columns=mad_scores,
    higher_is_better=True,
    formula="(mean of a in T − mean of a outside T) / σ(a)",
    source="CoSy (Kopf et al., 2024)",
    bounds=None,
    trusted=False,
)
