"""Intersection over union."""

import numpy as np

from .columns import Columns
from .metric import Metric


def iou_scores(columns: Columns) -> np.ndarray:
    """Overlap of the most activating images and those with the concept."""
    top, concept = columns.top, columns.concept
    return (top & concept).sum(axis=1) / (top | concept).sum(axis=1)


METRIC = Metric(
    name="iou",
    label="IoU",
    of_columns=iou_scores,
    higher_is_better=True,
    formula="|B∩T| / |B∪T|",
    source="Network Dissection (Bau et al., 2017), on whole images",
    bounds=(0.0, 1.0),
    trusted=True,
)
