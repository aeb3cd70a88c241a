"""How stable explanations are: how often each concept is chosen again, at the same length, on resampled images.

A neuron is refitted on bootstrap resamples, which are put together of blocks of randomly drawn images, with its
candidates alone: its explanation, concepts that nearly copy one of it, and those that correlate most with the neuron
and with what the explanation leaves of it. So shares are conditional on the candidates.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..explanations import Explanation
from ..jobs.parallel import blas_on_one_thread, for_each
from .compiled_matching import match
from .greedy import select_each
from .linear import Problem, standardised_moments
from .resampled import BLOCKS, Rows, Scale, block_sums, draw_blocks, draw_resamples, moments_of, standardised
from .stable import Stability
from .subsets import search_each

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

RESAMPLES = 1000
AT_ONCE = 125
"""Resamples whose moments are in memory, small enough for the cache."""
VALUES_A_PASS = 1 << 27
"""Sums over blocks of so many neurons that are made in one pass over P: 512 MB in single precision."""
NEAR = 0.8
"""Concepts that correlate more are near copies of each other."""
MOST_COPIES = 10
"""Of one concept, those that correlate most with it."""
HIGHEST = 30
MOST_ALTERNATIVES = 5
SMALLEST_SHARE = 0.01
INTERVAL = (0.025, 0.975)
OF_SEARCH = {"beam", "swaps", "ridge", "positive"}
"""The settings of a search that are not about the length."""


@dataclass(frozen=True)
class Refitted:
    """A neuron to be refitted.

    Attributes
    ----------
    place
        In the problem.
    candidates
        (c,) ascending.
    own
        (k,) those of them that are the explanation, in its order.
    nearness
        (k, c) absolute correlation of each of these with each candidate.
    """

    place: int
    candidates: Indices
    own: Indices
    nearness: Array


def candidates_of(gram: np.ndarray, covariance: np.ndarray, chosen: Indices, weights: Array) -> Indices:
    """The concepts that a neuron may be refitted by, ascending.

    Parameters
    ----------
    gram, covariance
        (m, m) and (m,) on train, standardised.
    chosen, weights
        (k,) of the explanation, standardised.
    """
    spread, columns = _spread(gram), gram[:, chosen]
    correlation = np.abs(columns) / spread[:, None] / spread[chosen]
    near = [np.flatnonzero(own > NEAR) for own in correlation.T]
    copies = [some[_highest(own[some], MOST_COPIES + 1)] for some, own in zip(near, correlation.T, strict=True)]
    of_neuron = _highest(np.abs(covariance) / spread, HIGHEST)
    of_residual = _highest(np.abs(covariance - columns @ weights) / spread, HIGHEST)
    return np.unique(np.concatenate([chosen, *copies, of_neuron, of_residual]))


def _spread(gram: np.ndarray) -> np.ndarray:
    """(m,) standard deviations to divide by, so that what does not vary correlates with nothing."""
    spread = np.sqrt(np.diag(gram))
    return np.where(spread > 0, spread, np.inf)


def _highest(values: np.ndarray, n: int) -> Indices:
    """Where the n highest values are, of equal ones the first."""
    return np.argsort(-values, kind="stable")[:n]


def stability(
    problem: Problem,
    explanations: Sequence[Explanation],
    settings: Mapping[str, Any],
    rows_of: Callable[[str, Indices], Rows],
    contents: Mapping[str, Sequence[str]],
    seed: int,
    threads: int = 1,
) -> list[Stability]:
    """How stable the explanations of a linear method are.

    The images of a block depend on the seed alone, and what is resampled of a neuron on the seed and its number.

    Parameters
    ----------
    problem
        That the explanations were fitted to.
    explanations
        Of its neurons, in their order.
    settings
        Of the method.
    rows_of
        Gives P (·, m) and activations (·, n) of a split and of some neurons of the problem, in blocks of rows, as often
        as it is asked.
    contents
        A digest of each image of train and of val: what has the same is resampled together.
    seed
        ≥ 0.
    threads
        To work on; the result is the same for any number.
    """
    splits = ("train",) if "search" in settings else ("train", "val")
    blocks = {split: draw_blocks(contents[split], seed) for split in splits}
    found = [Stability(one.neuron, one.status) for one in explanations]
    for some in _passes(_refitted(problem, explanations, threads), len(splits)):
        places = np.array([one.place for one in some])
        scale = Scale(problem.train.mean, problem.p_std, problem.train_q.mean[places], problem.q_std[places])
        candidates = [one.candidates for one in some]
        sums = [block_sums(rows_of(split, places), blocks[split], scale, candidates, threads) for split in splits]

        def measure(number: int, some=some, sums=sums) -> None:
            one = some[number]
            chosen, weights = refit(
                [of_split[number] for of_split in sums], len(one.own), settings, seed, found[one.place].neuron
            )
            found[one.place] = _stability(problem, explanations[one.place], one, chosen, weights)

        with blas_on_one_thread():
            for_each(measure, range(len(some)), threads)
    return found


def _refitted(problem: Problem, explanations: Sequence[Explanation], threads: int) -> list[Refitted]:
    """The neurons that have concepts."""
    explained = np.array([bool(one.concepts) for one in explanations], bool)
    (gram, covariances), _ = standardised_moments(problem, explained, threads)
    spread, number_of = _spread(gram), {concept: number for number, concept in enumerate(problem.concepts)}
    found = []
    for covariance, place in zip(covariances, np.flatnonzero(explained).tolist(), strict=True):
        one = explanations[place]
        chosen = np.array([number_of[concept] for concept in one.concepts])
        weights = np.array(one.weights) * problem.p_std[chosen] / problem.q_std[place]
        candidates = candidates_of(gram, covariance, chosen, weights)
        nearness = np.abs(gram[chosen[:, None], candidates]) / spread[chosen, None] / spread[candidates]
        found.append(Refitted(place, candidates, np.searchsorted(candidates, chosen), nearness.astype(np.float64)))
    return found


def _passes(refitted: Sequence[Refitted], n_splits: int) -> list[list[Refitted]]:
    """Neurons whose sums over blocks are in memory together."""
    found: list[list[Refitted]] = []
    left = 0
    for one in refitted:
        values = n_splits * BLOCKS * (len(one.candidates) + 2) ** 2
        if values > left:
            found.append([])
            left = VALUES_A_PASS
        found[-1].append(one)
        left -= values
    return found


def refit(
    sums: Sequence[np.ndarray], length: int, settings: Mapping[str, Any], seed: int, neuron: int
) -> tuple[Indices, Array]:
    """What each resample chooses, (RESAMPLES, length) candidates, -1 where there are fewer, and their weights.

    Parameters
    ----------
    sums
        Over blocks of train, and of val where the method looks at it.

    Returns
    -------
    tuple[Indices, Array]
        Weights are in units of the standard deviations of all images.
    """
    counts = [draw_resamples(RESAMPLES, len(of_split), seed, neuron) for of_split in sums]
    found = []
    for begin in range(0, RESAMPLES, AT_ONCE):
        covariances = [moments_of(n[begin : begin + AT_ONCE], own) for n, own in zip(counts, sums, strict=True)]
        std = covariances[0][1]
        chosen, weights = _choose([standardised(covariance, std) for covariance, _ in covariances], length, settings)
        scale = np.take_along_axis(std[:, :-1], np.maximum(chosen, 0), axis=1)
        found.append((chosen, np.divide(weights * std[:, -1:], scale, out=np.zeros_like(weights), where=scale > 0)))
    chosen, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return chosen, weights


def _choose(
    moments: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], length: int, settings: Mapping[str, Any]
) -> tuple[Indices, Array]:
    """Concepts and standardised weights of each resample, as the method chooses them; moments of train and of val."""
    train = moments[0][:2]
    if "search" in settings:
        return search_each(train, length, **{key: settings["search"][key] for key in OF_SEARCH & {*settings["search"]}})
    greedy = {} if settings.get("top_k") else {key: settings["greedy"][key] for key in ("width", "tolerance")}
    return select_each(train, moments[1], settings["lambda"], settings["alpha"], length, **greedy)


def _stability(problem: Problem, explanation: Explanation, one: Refitted, chosen: Indices, weights: Array) -> Stability:
    """What the choices of all resamples come to."""
    takes = np.empty(chosen.shape, np.int64)
    match(chosen, one.own, one.nearness, takes)
    again = takes == one.own
    names = [problem.concepts[number] for number in one.candidates]
    unit = problem.q_std[one.place] / problem.p_std[one.candidates]
    intervals, others = [], []
    for place, own in enumerate(one.own):
        intervals.append(_interval(weights[chosen == own] * unit[own]))
        taken = takes[~again[:, place], place]
        shares = np.bincount(taken[taken >= 0], minlength=len(names)) / len(chosen)
        most = [number for number in _highest(shares, MOST_ALTERNATIVES) if shares[number] >= SMALLEST_SHARE]
        others.append(([names[number] for number in most], shares[most].tolist()))
    return Stability(
        explanation.neuron,
        explanation.status,
        list(explanation.concepts),
        again.mean(axis=0).tolist(),
        [low for low, _ in intervals],
        [high for _, high in intervals],
        [named for named, _ in others],
        [shares for _, shares in others],
        float(again.all(axis=1).mean()),
        len(names),
    )


def _interval(weights: Array) -> tuple[float, float] | tuple[None, None]:
    """The ends of a 95 % interval, if there are any weights."""
    if not len(weights):
        return None, None
    low, high = np.quantile(weights, INTERVAL)
    return float(low), float(high)
