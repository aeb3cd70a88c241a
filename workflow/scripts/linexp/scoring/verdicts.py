"""Verdicts: whether an explanation predicts its neuron, and better than concepts that nobody chose."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..explanations import EXPLAINED, NOT_ABOVE_CHANCE, PREDICTS_ONLY, Explanation
from .chance import SetMoments, against_sets, permutation_p
from .shuffling import crossed, standardised

LEVEL = 0.05
COLUMNS = ["verdict", "p_predicts", "p_chosen", "q_value", "null_mean", "null_p95", "others_p95"]
TESTS = ["p_predicts", "p_chosen", "null_mean", "null_p95"]
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


def others_reach(correlations: Iterable[np.ndarray]) -> NDArray[np.float64]:
    """The 95th percentile of the correlations of each neuron with the simulations of all others, (n_neurons,).

    NaN where the neuron is constant, or the only one; a simulation that is constant has correlation 0.

    Parameters
    ----------
    correlations
        From `cross_correlations`.
    """
    found: list[NDArray[np.float64]] = []
    begin = 0
    for block in correlations:
        n_neurons, c = block.shape
        varying = np.flatnonzero(~np.isnan(block[0])) if n_neurons > 1 else np.empty(0, np.intp)
        block[begin + np.arange(c), np.arange(c)] = np.nan
        reached = np.full(c, np.nan)
        for first in range(0, len(varying), NEURONS_AT_ONCE):
            here = varying[first : first + NEURONS_AT_ONCE]
            reached[here] = np.nanquantile(block[:, here], 0.95, axis=0)
        found.append(reached)
        begin += c
    return np.concatenate(found)


def tested(
    explanations: Sequence[Explanation],
    simulated: np.ndarray,
    activations: np.ndarray,
    moments: SetMoments,
    weights_of: Callable[[int, NDArray[np.int64]], np.ndarray],
    seed: int,
    threads: int = 1,
    places: int = 1,
) -> pd.DataFrame:
    """What the explanations of some neurons, or of all, reach on images of test none of which is a copy of another.

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
        `neuron` and `TESTS`: p of the correlation when images are permuted, and among those of random sets; mean and
        95th percentile of what random sets reach. Missing where the correlation is undefined.
    """
    p_predicts = permutation_p(simulated, activations, seed, threads=threads, places=places)
    correlations = (standardised(simulated) * standardised(activations)).mean(axis=0)
    lengths = np.array([len(set(explanation.concepts)) for explanation in explanations], np.int64)
    drawn = against_sets(moments, lengths, np.where(np.isnan(p_predicts), np.nan, correlations), weights_of, threads)
    neurons = np.array([explanation.neuron for explanation in explanations], np.int32)
    found = [p_predicts, drawn.p, drawn.mean, drawn.p95]
    return pd.DataFrame({"neuron": neurons} | dict(zip(TESTS, found, strict=True)))


def verdict_table(tests: pd.DataFrame, others: np.ndarray) -> pd.DataFrame:
    """The verdict on each explanation of a method with a simulator.

    Parameters
    ----------
    tests
        From `tested`, of all neurons.
    others
        (n_neurons,) what the explanations of other neurons reach, from `others_reach`.

    Returns
    -------
    pd.DataFrame
        `neuron` and `COLUMNS`: the columns of `tests` with the verdict, the false discovery rate of both p, and what
        the explanations of other neurons do. Missing where the correlation is undefined.
    """
    p_predicts = tests["p_predicts"].to_numpy()
    q = q_values(np.maximum(p_predicts, tests["p_chosen"].to_numpy()))
    verdict = np.full(len(q), NOT_ABOVE_CHANCE, object)
    verdict[q_values(p_predicts) <= LEVEL] = PREDICTS_ONLY
    verdict[q <= LEVEL] = EXPLAINED
    verdict[np.isnan(q)] = None
    return tests.assign(verdict=verdict, q_value=q, others_p95=others)[["neuron", *COLUMNS]]


def judged_at_once(
    explanations: Sequence[Explanation],
    simulated: np.ndarray,
    activations: np.ndarray,
    moments: SetMoments,
    weights_of: Callable[[int, NDArray[np.int64]], np.ndarray],
    seed: int,
    threads: int = 1,
) -> pd.DataFrame:
    """The `verdict_table` of all neurons, whose simulations and activations are in memory; arguments as of `tested`."""
    tests = tested(explanations, simulated, activations, moments, weights_of, seed, threads)
    return verdict_table(tests, others_reach(crossed(simulated, activations)))
