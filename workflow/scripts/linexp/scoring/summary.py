"""Means of scores over neurons: one row a method and simulator, and methods compared pair by pair."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from ..concepts.sets import PIXEL_LABELS, RANDOM_CONCEPTS
from ..explanations import EXPLAINED, PREDICTS_ONLY
from .agreement import rank_agreement
from .best import COLUMNS as OF_THE_BEST
from .best import chosen_shares
from .reasons import REASONS
from .sanity import check_of
from .uncertainty import Means, mean_intervals

UNTRAINED = "untrained"
VERDICTS = (EXPLAINED, PREDICTS_ONLY)
OF_FEATURES = ("variance_left", "mean_active")
"""What an autoencoder leaves of the layer, a share of its variance, and how many features of a place are active."""
WHY_NOT = [f"why_not_{reason}" for reason in REASONS]


def summarise(
    scores: pd.DataFrame,
    metrics: Sequence[str],
    seed: int = 0,
    sanity: pd.DataFrame | None = None,
    shuffled: pd.DataFrame | None = None,
    untrained: pd.DataFrame | None = None,
    features: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """One row a method and simulator: means of the metrics over neurons with their uncertainty, lengths and counts.

    An undefined score counts 0, so a method gains nothing by leaving neurons unexplained. A metric without any score
    with a simulator was not computed, and its columns are NaN.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`.
    metrics
        Its columns to summarise.
    sanity
        The rows of `sanity.csv`.
    shuffled
        Those of `shuffles.parquet`.
    untrained
        Scores of an untrained copy of the target.
    features
        Values of `OF_FEATURES`, where the neurons are features of a sparse autoencoder.

    Returns
    -------
    pd.DataFrame
        `method`, `simulator`, `control` (`random_concepts`, `untrained`, empty for an explanation to be judged),
        `mean_length`, `neurons`, `dead`, `undefined` (correlations). Of the verdicts the shares `explained` and
        `predicts_only` of all neurons, with their standard error and interval as of the metrics; then what
        `chosen_shares` says: `best`, `verdict_flips` and `correlation_best`, with the same; and the shares of the
        reasons why others are not explained, `why_not_neuron` and so on (NaN where no ceilings are known). For each
        metric m: the mean `m` with its standard error `m_se` and 95 % interval `m_low`, `m_high`, the same without dead
        neurons (C.2) as `m_alive`, `m_agreement` of simulators (`rank_agreement`), and `m_sanity`, such as `passed
        (0.97, 0.99)`: the shares of neurons that pass for missing and extra labels. For the correlation also what
        shuffled explanations reach, `correlation_shuffled` on average and `correlation_shuffled_p95` in the 95th
        percentile. At the end what `features` says, the same in all rows but those of the untrained copy.
    """
    table = _means(scores, metrics, seed)
    table["control"] = np.where(table["method"] == RANDOM_CONCEPTS, RANDOM_CONCEPTS, "")
    for metric in metrics:
        table[f"{metric}_sanity"] = [
            _badge(sanity, method, simulator, metric)
            for method, simulator in zip(table["method"], table["simulator"], strict=True)
        ]
    table = table.merge(rank_agreement(scores, metrics), how="left", on=["method", "simulator"])
    table = table.merge(chosen_shares(scores, seed), how="left", on=["method", "simulator"])
    if shuffled is not None:
        renamed = {"shuffled_mean": "correlation_shuffled", "shuffled_p95": "correlation_shuffled_p95"}
        table = table.merge(shuffled.rename(columns=renamed), how="left", on=["method", "simulator"])
    table = table.assign(**(features or {}))
    if untrained is not None:
        table = pd.concat([table, _means(untrained, metrics, seed).assign(control=UNTRAINED)])
    return table.reindex(columns=_columns(metrics)).reset_index(drop=True)


def _columns(metrics: Sequence[str]) -> list[str]:
    columns = ["method", "simulator", "control", "mean_length", "neurons", "dead", "undefined"]
    columns += [f"{verdict}{end}" for verdict in VERDICTS for end in ("", "_se", "_low", "_high")]
    columns += OF_THE_BEST
    columns += [f"{reason}{end}" for reason in WHY_NOT for end in ("", "_se", "_low", "_high")]
    for metric in metrics:
        columns += [f"{name}{end}" for name in (metric, f"{metric}_alive") for end in ("", "_se", "_low", "_high")]
        columns += [f"{metric}_shuffled", f"{metric}_shuffled_p95"] if metric == "correlation" else []
        columns += [f"{metric}_agreement", f"{metric}_sanity"]
    return [*columns, *OF_FEATURES]


def _means(scores: pd.DataFrame, metrics: Sequence[str], seed: int) -> pd.DataFrame:
    """The rows of `summarise` but for controls and sanity checks."""
    scores = counted(scores.assign(undefined=scores["correlation"].isna()), metrics)
    rows = []
    for (method, simulator), group in scores.groupby(["method", "simulator"], sort=False):
        dead = group["dead"].to_numpy(bool)
        values = group[[*metrics]].to_numpy()
        judged = group if simulator != PIXEL_LABELS else group[:0]  # which are no judge
        verdicts = np.stack([judged["verdict"] == verdict for verdict in VERDICTS], axis=1).astype(float)
        rows.append(
            {
                "method": method,
                "simulator": simulator,
                "mean_length": float(group["n_concepts"].mean()),
                "neurons": len(group),
                "dead": int(dead.sum()),
                "undefined": int(group["undefined"].sum()),
            }
            | _named(VERDICTS, "", mean_intervals(verdicts, seed))
            | _named(WHY_NOT, "", mean_intervals(_why_not(group), seed))
            | _named(metrics, "", mean_intervals(values, seed))
            | _named(metrics, "_alive", mean_intervals(values[~dead], seed))
        )
    return pd.DataFrame(rows)


def _why_not(group: pd.DataFrame) -> np.ndarray:
    """(n, len(WHY_NOT)) 1 for the reason of each neuron; no rows where no ceiling of any of them is known."""
    if "why_not" not in group or group["ceiling_search"].isna().all():
        return np.empty((0, len(WHY_NOT)))
    return np.stack([group["why_not"].eq(reason).fillna(False) for reason in REASONS], axis=1).astype(float)


def counted(scores: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Scores with 0 for what is undefined, and NaN where a metric has no score at all with a simulator."""
    values = scores[[*metrics]].astype(float)
    computed = values.notna().groupby(scores["simulator"].to_numpy()).transform("any")
    return scores.assign(**values.mask(values.isna() & computed, 0.0))


def _named(metrics: Sequence[str], end: str, means: Means) -> dict[str, float]:
    parts = zip(("", "_se", "_low", "_high"), means, strict=True)
    return {
        f"{metric}{end}{part}": float(value)
        for part, values in parts
        for metric, value in zip(metrics, values, strict=True)
    }


def _badge(sanity: pd.DataFrame | None, method: str, simulator: str, metric: str) -> str:
    """Whether a metric passed its sanity checks on a method with a simulator, or else on single concepts."""
    found = None if sanity is None else check_of(sanity, method, simulator, metric)
    if found is None:
        return ""
    passed, shares = found
    return f"{'passed' if passed else 'failed'} ({', '.join(f'{share:.2f}' for share in shares)})"


def compare(scores: pd.DataFrame, metrics: Mapping[str, bool], seed: int = 0) -> pd.DataFrame:
    """Pairs of methods on the same neurons; undefined scores count 0, metrics without any score are left out.

    Parameters
    ----------
    scores
        The rows of `scores.parquet`.
    metrics
        Whether a higher value is better, for each column to compare by.

    Returns
    -------
    pd.DataFrame
        `metric`, `simulator`, `method_a`, `method_b`, `difference` (mean of a − b), its standard error `se` and 95 %
        bootstrap interval `low`, `high`, `share_won` (of the neurons on which a is better; ties count half), `neurons`;
        in the order of the simulators, metrics and methods given.
    """
    names, rows = list(metrics), []
    sign = np.where(list(metrics.values()), 1, -1)
    for simulator, group in counted(scores, names).groupby("simulator", sort=False):
        by_method = {method: part.set_index("neuron")[names] for method, part in group.groupby("method", sort=False)}
        compared = []
        for a, b in combinations(by_method, 2):
            neurons = by_method[a].index.intersection(by_method[b].index)
            differences = (by_method[a].loc[neurons] - by_method[b].loc[neurons]).to_numpy()
            won = (np.sign(differences) * sign + 1).mean(axis=0) / 2
            compared.append((a, b, mean_intervals(differences, seed), won, len(neurons)))
        for number, metric in enumerate(names):
            for a, b, means, won, n in compared:
                rows.append((metric, simulator, a, b, *(part[number] for part in means), won[number], n))
    columns = ["metric", "simulator", "method_a", "method_b", *("difference", "se", "low", "high")]
    return pd.DataFrame(rows, columns=[*columns, "share_won", "neurons"]).dropna(subset="difference", ignore_index=True)
