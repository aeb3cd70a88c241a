"""Cosine similarity."""

import numpy as np

from .columns import Columns
from .metric import Metric


def cosine_scores(columns: Columns) -> np.ndarray:
    """Cosine of the angle between a neuron and its simulation; neither is centred."""
    s, a = columns.simulated, columns.activations
    return np.einsum("ij,ij->i", s, a) / (np.linalg.norm(s, axis=1) * np.linalg.norm(a, axis=1))


METRIC = Metric(
    name="cosine",
    label="cosine",
    of_columns=cosine_scores,
    higher_is_better=True,
    formula="Σ s·a / √(Σ s² · Σ a²)",
    source="Oikarinen, Yan and Weng, ICML 2025",
    bounds=(-1.0, 1.0),
    trusted=True,
)
