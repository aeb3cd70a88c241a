"""Correlation scoring (Eq. 10)."""

import numpy as np
from numpy.typing import NDArray

from .columns import Columns
from .metric import Metric


def correlations(first: np.ndarray, second: np.ndarray) -> NDArray[np.float64]:
    """(m,) Pearson correlations of the rows of two (m, n) arrays, none of them constant."""
    first, second = (rows - rows.mean(axis=1, keepdims=True) for rows in (first, second))
    return np.einsum("ij,ij->i", first, second) / (np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1))


def correlation_scores(columns: Columns) -> NDArray[np.float64]:
    """ρ(k, E) of Eq. 10."""
    return correlations(columns.simulated, columns.activations)


METRIC = Metric(
    name="correlation",
    label="correlation",
    of_columns=correlation_scores,
    higher_is_better=True,
    formula="cov(s, a) / (σ(s)·σ(a))",
    source="Eq. 10; Bills et al., 2023",
    bounds=(-1.0, 1.0),
    trusted=True,
)
