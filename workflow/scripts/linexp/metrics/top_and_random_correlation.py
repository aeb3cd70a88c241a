"""Correlation on the most activating and on random images."""

import numpy as np

from ..variation import constant
from .columns import Columns
from .correlation import correlations
from .metric import Metric

SIZE = 25
SEED = 0


def top_and_random_scores(columns: Columns) -> np.ndarray:
    """Correlation on the `SIZE` most activating images and as many random ones of the rest.

    With fewer than 2·`SIZE` images, half of them are the top. One seeded order of the images serves all neurons: it
    breaks ties at the cut, and the first images in it that are not among the top are the random ones.
    """
    n = columns.activations.shape[1]
    size = min(SIZE, n // 2)
    shuffled = np.random.default_rng(SEED).permutation(n)
    a, cut = columns.activations[:, shuffled], columns.activation_ranking.values[:, [n - size]]
    top, tied = a > cut, a == cut
    top |= tied & (tied.cumsum(axis=1) <= size - top.sum(axis=1, keepdims=True))
    others = ~top[:, : 2 * size]
    others &= others.cumsum(axis=1) <= size
    places = np.hstack([np.nonzero(part)[1].reshape(len(a), size) for part in (top, others)])
    s, a = (np.take_along_axis(x, shuffled[places], axis=1) for x in (columns.simulated, columns.activations))
    varies = ~(constant(s.T) | constant(a.T))
    scores = np.full(len(s), np.nan)
    scores[varies] = correlations(s[varies], a[varies])
    return scores


METRIC = Metric(
    name="top_and_random_correlation",
    label="top and random correlation",
    of_columns=top_and_random_scores,
    higher_is_better=True,
    formula=f"correlation of s and a on the {SIZE} images of highest a and {SIZE} random others",
    source="Bills et al., 2023",
    bounds=(-1.0, 1.0),
    trusted=False,
)
