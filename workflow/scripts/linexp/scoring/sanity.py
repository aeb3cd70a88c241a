"""Sanity checks of metrics: does a score fall when the concepts of an explanation become wrong?

After the framework of Oikarinen, Yan and Weng (ICML 2025), on the user's own images. The concepts are perturbed in two
ways, and a metric passes for a neuron if its score gets worse by more than a thousandth of the metric's range.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ..concepts.moments import CrossMomentsSum
from ..metrics import METRICS, Metric, scores_of

SINGLE_CONCEPT = "single_concept"
MIN_CHANGE = 0.001
GOOD_SHARE = 0.9
COLUMNS = ["explanation", "metric", "test", "share_passed", "neurons", "passed", "trusted"]
_ROWS = 4096
NEURONS_AT_ONCE = 2048
"""Neurons whose simulations are in memory together."""

Ablation = Callable[[list[np.ndarray], slice], Mapping[str, np.ndarray]]


def missing_labels(presence: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Drop each entry with probability ½: it becomes 0. On average this halves the sum of a column.

    Parameters
    ----------
    presence
        (n, m) in [0, 1], labels or P. Entries below ½ are dropped like others: they too are part of a sum.
    """
    dropped = rng.random(presence.shape, np.float32) < 0.5
    return np.where(dropped, presence.dtype.type(0), presence)


def extra_labels(presence: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let each entry become 1 with probability Σc/(n − Σc), clipped at 1. On average this doubles the sum of a column.

    Parameters
    ----------
    presence
        (n, m) in [0, 1], labels or P.
    """
    total = presence.sum(axis=0, dtype=np.float64)
    absent = len(presence) - total
    probability = np.divide(total, absent, out=np.ones_like(total), where=absent > 0)
    gained = rng.random(presence.shape, np.float32) < probability
    return np.where(gained, presence.dtype.type(1), presence)


TESTS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "missing_labels": missing_labels,
    "extra_labels": extra_labels,
}


def best_labels(labels: np.ndarray, activations: np.ndarray) -> csc_array:
    """The label that correlates best with each neuron, as explanations of a single concept.

    Parameters
    ----------
    labels
        (n, m) 0 or 1.
    activations
        (n, n_neurons) of the same images, as of `Checked`.

    Returns
    -------
    csc_array
        (m, n_neurons) weights: 1 for the best label; all 0 where no label correlates positively.
    """
    best = [_best_label(labels, activations[:, some]) for some in _blocks(activations.shape[1])]
    rows = np.concatenate(best)
    columns = np.flatnonzero(rows >= 0)
    ones = np.ones(len(columns))
    return csc_array((ones, (rows[columns], columns)), (labels.shape[1], len(rows)))


def _best_label(labels: np.ndarray, activations: np.ndarray) -> NDArray[np.intp]:
    """(n_neurons,) -1 where there is none."""
    share = labels.mean(axis=0, dtype=np.float64)
    sums = CrossMomentsSum(share)
    for begin in range(0, len(labels), _ROWS):
        rows = slice(begin, begin + _ROWS)
        sums.add(labels[rows], activations[rows])
    covariance = sums.moments().covariance
    spread = np.sqrt(share * (1 - share))
    correlation = np.divide(covariance, spread, out=np.zeros_like(covariance), where=spread > 0)
    none = np.zeros((len(correlation), 1))
    return np.hstack([none, correlation]).argmax(axis=1) - 1


def _blocks(n_neurons: int) -> list[slice]:
    """All neurons, in blocks; one at least, though it may be empty."""
    return [
        slice(begin, min(begin + NEURONS_AT_ONCE, n_neurons)) for begin in range(0, n_neurons or 1, NEURONS_AT_ONCE)
    ]


def share_passed(metric: Metric, before: np.ndarray, after: np.ndarray) -> tuple[float | None, int]:
    """The share of neurons for which a metric passes, and their number; None if no neuron counts.

    A neuron counts if its score is defined both without and with the perturbation: a concept that every image or none
    has afterwards tells nothing. The range of an unbounded metric is that of its scores before and after.

    Parameters
    ----------
    before, after
        (n_neurons,) scores without and with the perturbation, NaN where undefined.
    """
    counted = ~(np.isnan(before) | np.isnan(after))
    if not counted.any():
        return None, 0
    scores = np.stack([before[counted], after[counted]])
    low, high = metric.bounds or (scores.min(), scores.max())
    change = (scores[1] - scores[0]) * (1 if metric.higher_is_better else -1)
    return float((change < -MIN_CHANGE * (high - low)).mean()), int(counted.sum())


@dataclass(frozen=True)
class Checked:
    """What all explanations of a layer are checked on.

    Attributes
    ----------
    activations
        (n, n_neurons), of which blocks of columns are taken: an array, or a `recorded.Matrix`.
    seed
        Of the perturbations.
    test_rows
        Those of the n images that are scored on; None for all.
    ablation
        Gives the ablation scores of several simulations, (n, k) each, of the k neurons at some places, as
        (n_simulations, k) by metric; None to leave ablation out.
    """

    activations: np.ndarray
    seed: int
    test_rows: np.ndarray | None = None
    ablation: Ablation | None = None
    threads: int = 1


def check(
    explanation: str,
    presence: np.ndarray,
    weights: np.ndarray | csc_array,
    layer: Checked,
    metrics: Mapping[str, Metric] = METRICS,
) -> pd.DataFrame:
    """Both tests of every metric.

    Every concept is perturbed once for all neurons, and s = Σ w·c is simulated from what it became.

    Parameters
    ----------
    explanation
        What to call these explanations.
    presence
        (n, m) labels or P of the concepts that they use.
    weights
        (m, n_neurons) of each concept in each explanation.

    Returns
    -------
    pd.DataFrame
        One row a metric and test: `explanation`, `metric`, `test`, `share_passed` of the `neurons` that count, `passed`
        (a share of at least 0.9) and `trusted` (as published). Without a neuron that counts `share_passed` and `passed`
        are missing.
    """
    weights = csc_array(weights)
    perturbed = [perturb(presence, np.random.default_rng([layer.seed, k])) for k, perturb in enumerate(TESTS.values())]
    views = [presence, *perturbed]
    told = [_scores(views, weights[:, some], some, layer, metrics) for some in _blocks(weights.shape[1])]
    scores_by_metric = {name: np.hstack([scores[name] for scores in told]) for name in told[0]}
    rows = []
    for metric in metrics.values():
        if metric.name not in scores_by_metric:
            continue
        scores = scores_by_metric[metric.name]
        for test, after in zip(TESTS, scores[1:], strict=True):
            share, neurons = share_passed(metric, scores[0], after)
            passed = None if share is None else share >= GOOD_SHARE
            rows.append((explanation, metric.name, test, share, neurons, passed, metric.trusted))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"share_passed": "float64", "passed": "boolean"})


def _scores(
    views: Sequence[np.ndarray], weights: csc_array, neurons: slice, layer: Checked, metrics: Mapping[str, Metric]
) -> dict[str, np.ndarray]:
    """The scores of some neurons by metric, (n_views, k): a row for each of the concepts that they are simulated by."""
    images = slice(None) if layer.test_rows is None else layer.test_rows
    simulated = [(concepts @ weights).astype(np.float32) for concepts in views]
    activations = layer.activations[:, neurons][images]
    told = [scores_of(metrics, s[images], activations, layer.threads) for s in simulated]
    found = {name: np.stack([scores[name] for scores in told]) for name in told[0]}
    return found | dict(layer.ablation(simulated, neurons) if layer.ablation else {})


def read(path: str) -> pd.DataFrame:
    """The table of checks in a CSV, as it was before it was written but for the precision of its numbers."""
    names = {"explanation": str, "simulator": str, "metric": str, "test": str}
    missing = {"share_passed": [""], "passed": [""]}
    table = pd.read_csv(path, dtype=names, keep_default_na=False, na_values=missing)
    return table.astype({"share_passed": "float64", "passed": "boolean"})


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of several checks as one, with the `simulator` of those that have one."""
    columns = ["explanation", "simulator", *COLUMNS[1:]]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat([table.reindex(columns=columns) for table in tables]).fillna({"simulator": ""})


def check_of(sanity: pd.DataFrame, method: str, simulator: str, metric: str) -> tuple[bool, list[float]] | None:
    """Whether a metric passes on a method with a simulator, or else on single concepts; None if neither is known.

    Parameters
    ----------
    sanity
        The rows of `sanity.csv`.

    Returns
    -------
    tuple[bool, list[float]] | None
        Whether it passes all of `TESTS`, and of each the share of neurons for which it does.
    """
    known = sanity[(sanity["metric"] == metric) & sanity["share_passed"].notna()]
    checked = (known["explanation"] == method) & (known["simulator"] == simulator)
    for rows in (known[checked], known[known["explanation"] == SINGLE_CONCEPT]):
        rows = rows.set_index("test")
        if all(test in rows.index for test in TESTS):
            shares = [float(rows.loc[test, "share_passed"]) for test in TESTS]
            return bool(rows["passed"].astype(bool).all()), shares
    return None
