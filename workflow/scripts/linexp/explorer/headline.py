"""The explanation that a neuron is shown with first: that of its best method by val."""

import pandas as pd

from .layer import Explained


def best_methods(ours: pd.DataFrame, explained: Explained) -> pd.Series:
    """The best method of each neuron, missing where none predicts it on val; in the order of the neurons.

    Parameters
    ----------
    ours
        The rows of `scores.parquet` of the main simulator, by neuron.
    """
    shown = ours[ours["method"].isin(list(explained.by_method))]
    return shown["best_method"].groupby(level=0).first().reindex(explained.neurons)


def headlines(ours: pd.DataFrame, explained: Explained) -> pd.DataFrame:
    """For each neuron the scores of its best method, or of the main one where it has none; in the order of the neurons.

    Parameters
    ----------
    ours
        As for `best_methods`.
    """
    shown = ours[ours["method"].isin(list(explained.by_method))]
    wanted = best_methods(ours, explained).fillna(explained.main)
    rows = shown[shown["method"].to_numpy() == wanted.reindex(shown.index).to_numpy()]
    return rows.reindex(explained.neurons)
