"""Verdicts: whether an explanation predicts its neuron, and better than concepts that nobody chose."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..explanations import EXPLAINED, NOT_ABOVE_CHANCE, PREDICTS_ONLY, Explanation
from .chance import SetMoments, against_sets, permutation_p, standardised

LEVEL = 0.05
COLUMNS = ["verdict", "p_predicts", "p_chosen", "q_value", "null_mean", "null_p95", "others_p95"]
NEURONS_AT_ONCE = 256


def q_values(p: np.ndarray) -> NDArray[np.float64]:
    """(n,) the lowest false discovery rate at which each is a discovery (Benjamini and Hochberg, 1995).

    Parameters
    ----------
    p
        (n,); NaN is not tested and stays so.
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested])]
    rates = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return q


def others_reach(simulated: np.ndarray, activations: np.ndarray) -> NDArray[np.float64]:
    """The 95th percentile of the correlations of each neuron with the simulations of all others, (n_neurons,).

    NaN where the neuron is constant, or the only one; a simulation that is constant has correlation 0.

    Parameters
    ----------
    simulated, activations
        (n, n_neurons) on the same images.
    """
    s, q = standardised(simulated), standardised(activations)
    n, k = q.shape
    found = np.full(k, np.nan)
    for begin in range(0, k if k > 1 else 0, NEURONS_AT_ONCE):
        here = np.arange(begin, min(begin + NEURONS_AT_ONCE, k))
        reached = s.T @ q[:, here] / n
        reached[here, here - begin] = np.nan
        found[here] = np.nanquantile(reached, 0.95, axis=0)
    return np.where(q.any(axis=0), found, np.nan)


def verdict_table(
    explanations: Sequence[Explanation],
    simulated: np.ndarray,
    activations: np.ndarray,
    moments: SetMoments,
    weights_of: Callable[[int, NDArray[np.int64]], np.ndarray],
    seed: int,
    threads: int = 1,
    places: int = 1,
) -> pd.DataFrame:
    """Both tests of each explanation, on images of test none of which is a copy of another.

    Parameters
    ----------
    explanations
        One a neuron.
    simulated, activations
        (n, n_neurons).
    moments
        Of random sets of concepts, on the same images.
    weights_of
        The weights of those, as `against_sets` takes them.
    seed
        Of the permutations.
    places
        Rows of each image, which go together where images are permuted.

    Returns
    -------
    pd.DataFrame
        `neuron` and `COLUMNS`: the verdict; p of the correlation when images are permuted, and among those of random
        sets; the false discovery rate of both; mean and 95th percentile of what random sets reach; and what the
        explanations of other neurons do. Missing where the correlation is undefined.
    """
    p_predicts = permutation_p(simulated, activations, seed, threads=threads, places=places)
    correlations = (standardised(simulated) * standardised(activations)).mean(axis=0)
    lengths = np.array([len(set(explanation.concepts)) for explanation in explanations], np.int64)
    drawn = against_sets(moments, lengths, np.where(np.isnan(p_predicts), np.nan, correlations), weights_of, threads)
    q = q_values(np.maximum(p_predicts, drawn.p))
    verdict = np.full(len(q), NOT_ABOVE_CHANCE, object)
    verdict[q_values(p_predicts) <= LEVEL] = PREDICTS_ONLY
    verdict[q <= LEVEL] = EXPLAINED
    verdict[np.isnan(q)] = None
    found = [verdict, p_predicts, drawn.p, q, drawn.mean, drawn.p95, others_reach(simulated, activations)]
    neurons = np.array([explanation.neuron for explanation in explanations], np.int32)
    return pd.DataFrame({"neuron": neurons} | dict(zip(COLUMNS, found, strict=True)))
