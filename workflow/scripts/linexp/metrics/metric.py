"""What the registry knows of a metric, and how its scores are computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..jobs.parallel import ordered_map
from ..variation import constant
from .columns import Columns

BLOCK = 16
"""Neurons at a time, so that what their metrics share stays in the processor's cache, whatever the layer's size."""

Scores = NDArray[np.float64]
ColumnScore = Callable[[Columns], Scores]


@dataclass(frozen=True)
class Metric:
    """A score for an explanation.

    Attributes
    ----------
    name
        Its column in `scores.parquet`.
    label
        What people read.
    of_columns
        Gives the (n_neurons,) scores of some neurons. None where the simulation alone does not tell, as for ablation.
    formula
        In one line, with a = activations, s = simulated activations, B = the most activating images
        (`columns.top_images`), T = the images with the concept (`columns.present`).
    source
        Where it comes from.
    bounds
        Lowest and highest value that it can take; None if it is unbounded.
    trusted
        False for those that are known to fail the sanity checks.
    """

    name: str
    label: str
    of_columns: ColumnScore | None
    higher_is_better: bool
    formula: str
    source: str
    bounds: tuple[float, float] | None
    trusted: bool

    @property
    def score(self) -> Callable[[np.ndarray, np.ndarray], Scores] | None:
        """Takes simulated (n, n_neurons) and activations (n, n_neurons) on the same images; gives (n_neurons,).

        NaN where either is constant. None where the simulation alone does not tell.
        """
        return None if self.of_columns is None else partial(_score, self)


def _score(metric: Metric, simulated: np.ndarray, activations: np.ndarray) -> Scores:
    return scores_of({metric.name: metric}, simulated, activations)[metric.name]


def scores_of(
    metrics: Mapping[str, Metric], simulated: np.ndarray, activations: np.ndarray, threads: int = 1
) -> dict[str, Scores]:
    """The (n_neurons,) float64 scores of each metric that the simulation tells; NaN where either side is constant.

    Parameters
    ----------
    simulated, activations
        (n, n_neurons) on the same images.
    """
    told = {name: metric.of_columns for name, metric in metrics.items() if metric.of_columns}
    n_neurons = simulated.shape[1]

    def scores_of_block(begin: int) -> np.ndarray:
        s, a = (x[:, begin : begin + BLOCK].T.astype(np.float64, order="C") for x in (simulated, activations))
        scores = np.full((len(told), len(s)), np.nan)
        varies = ~(constant(s.T) | constant(a.T))
        if varies.any():
            columns = Columns(s[varies], a[varies])
            scores[:, varies] = [of_columns(columns) for of_columns in told.values()]
        return scores

    blocks = list(ordered_map(scores_of_block, range(0, n_neurons, BLOCK), threads))
    return dict(zip(told, np.hstack([np.empty((len(told), 0)), *blocks]), strict=True))
