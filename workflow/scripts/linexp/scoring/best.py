"""The best method of each neuron, chosen on val, and how methods fare by it."""

import numpy as np
import pandas as pd

from ..concepts.sets import RANDOM_CONCEPTS
from .uncertainty import mean_intervals

TIE = 1e-9
"""Correlations on val that differ by less are equal."""
SHARES = ("best", "verdict_flips", "correlation_best")
_ENDS = ("", "_se", "_low", "_high")
COLUMNS = [f"{name}{end}" for name in SHARES for end in _ENDS]


def with_best_method(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores with `best_method`: whose simulation by the main simulator correlates most with the neuron on val.

    It is the same in all rows of a neuron, and missing where no correlation is above 0. Of methods that are equal the
    one with fewer concepts is the best, then the one that comes first. Null controls are left out.

    Parameters
    ----------
    scores
        `method`, `simulator`, `neuron`, `n_concepts`, `correlation_val`; the rows of the main simulator come first, in
        the order of the methods.
    """
    ours = (scores["simulator"] == scores["simulator"].iloc[0]) & (scores["method"] != RANDOM_CONCEPTS)
    ranked = scores[ours & (scores["correlation_val"] > 0)]
    highest = ranked.groupby("neuron")["correlation_val"].transform("max")
    level = ranked[ranked["correlation_val"] >= highest - TIE]
    best = level.sort_values("n_concepts", kind="stable").drop_duplicates("neuron").set_index("neuron")["method"]
    return scores.assign(best_method=scores["neuron"].map(best.to_dict()).astype("string"))


def chosen_shares(scores: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """What is known of the methods once the best of each neuron is chosen.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`.
    seed
        Of the bootstrap.

    Returns
    -------
    pd.DataFrame
        One row a method and simulator: `method`, `simulator`, and with their standard errors and intervals (`COLUMNS`)
        `best`, the share of all neurons whose best method it is; `verdict_flips`, the share of those on whose verdict
        simulators differ, missing with one; and `correlation_best`, the mean correlation, by the simulator, of the best
        method of each neuron, the same for all methods; undefined ones and neurons without a best method count 0. Of
        null controls `best` and `correlation_best` are missing.
    """
    scores = scores.reset_index(drop=True)
    chosen = scores["method"].eq(scores["best_method"]).fillna(False).astype(bool)
    flips = scores["verdict_flips"].astype("boolean")
    reached = scores["correlation"].astype(float).fillna(0.0).where(chosen, 0.0)
    of_best = reached.groupby([scores["simulator"], scores["neuron"]]).sum()
    rows = []
    for (method, simulator), group in scores.groupby(["method", "simulator"], sort=False):
        mine = flips.loc[group.index]
        values = np.full((len(group), len(SHARES)), np.nan)
        if method != RANDOM_CONCEPTS:
            values[:, 0] = chosen.loc[group.index]
            values[:, 2] = of_best.loc[simulator].loc[group["neuron"]]
        if mine.notna().any():
            values[:, 1] = mine.fillna(False)
        means = np.array(mean_intervals(values, seed))  # (4, 3): the ends, of each share
        rows.append([method, simulator, *means.T.ravel()])
    return pd.DataFrame(rows, columns=["method", "simulator", *COLUMNS])
