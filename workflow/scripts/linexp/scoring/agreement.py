"""Whether simulators agree on which neurons are explained well, and on the verdicts."""

from collections.abc import Sequence

import pandas as pd

from ..explanations import EXPLAINED, NOT_ABOVE_CHANCE, PREDICTS_ONLY


def rank_agreement(scores: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Spearman's correlation of the scores of a method by each further simulator with those by the main one.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`, those of the main simulator first.
    metrics
        Its columns to compare.

    Returns
    -------
    pd.DataFrame
        `method`, `simulator`, and for each metric m `m_agreement`, over the neurons that have both scores; NaN where
        one of them is the same for all of these, and of the main simulator with itself.
    """
    main = scores["simulator"].iloc[0]
    first = scores[scores["simulator"] == main].set_index(["method", "neuron"])
    rows = []
    for (method, simulator), group in scores.groupby(["method", "simulator"], sort=False):
        row = {"method": method, "simulator": simulator}
        if simulator != main and method in first.index.get_level_values("method"):
            own, others = group.set_index("neuron"), first.loc[method]
            row |= {f"{metric}_agreement": _spearman(own[metric], others[metric]) for metric in metrics}
        rows.append(row)
    columns = ["method", "simulator", *(f"{metric}_agreement" for metric in metrics)]
    return pd.DataFrame(rows, columns=columns)


def _spearman(one: pd.Series, other: pd.Series) -> float:
    """Pearson's correlation of ranks, ties sharing their mean rank, where both are defined."""
    both = pd.concat([one.astype(float), other.astype(float)], axis=1).dropna().rank()
    return float(both.iloc[:, 0].corr(both.iloc[:, 1])) if (both.nunique() > 1).all() else float("nan")


def with_flips(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores with `verdict_flips`: whether simulators come to different verdicts on an explanation.

    It is the same in all rows of a method and neuron, and missing where fewer than two simulators have a verdict.

    Parameters
    ----------
    scores
        `method`, `neuron`, `verdict`; a status in the place of a verdict is none.
    """
    judged = scores["verdict"].where(scores["verdict"].isin([EXPLAINED, PREDICTS_ONLY, NOT_ABOVE_CHANCE]))
    by_explanation = judged.groupby([scores["method"], scores["neuron"]])
    several = by_explanation.transform("count") > 1
    return scores.assign(verdict_flips=(by_explanation.transform("nunique") > 1).astype("boolean").where(several))
