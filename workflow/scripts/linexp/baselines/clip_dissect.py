"""CLIP-Dissect (Oikarinen and Weng, 2023): the concept that is most similar to a neuron over the images.

A similarity function is a function here and its line in `SIMILARITIES`. Defaults are those of the authors' published
code (Trustworthy-ML-Lab/CLIP-dissect, similarity.py); each docstring says where that departs from the paper's §3.2.
"""

import inspect
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ..explanations import CONSTANT, Explanation
from ..variation import constant
from .evidence import Evidence

MIN_PROBABILITY = 1e-7
MIN_MEAN_SIMILARITY = 1e-3
BLOCK = 256


def soft_wpmi(
    evidence: Evidence,
    *,
    top_images: int = 100,
    softmax_scale: float = 10.0,
    prior: float = 1.0,
    p_start: float = 0.998,
    p_end: float = 0.97,
) -> NDArray[np.float64]:
    """Soft-WPMI: pointwise mutual information of a concept and the images that activate a neuron most.

    With B these images, p(x∈B) falling linearly from `p_start` to `p_end` over their ranks, and P(t|x) the softmax of
    the scaled similarities over concepts,

        soft-WPMI(t, q) = log p(t|B) − prior·log p(t),  log p(t|B) = Σ_{x∈B} log(1 + p(x∈B)(P(t|x) − 1)),

    where p(t) is the mean of p(t|B) over the neurons given. The paper sums over all images, p(x∈B) being 0 outside of
    B; its code adds 1e-7 in the logarithm, as is done here. Images that are tied at the end of B are taken in order.

    Parameters
    ----------
    evidence
        Of n images, m concepts and n_neurons; all similarities at once are never made.
    top_images
        |B|, or all images where there are fewer.
    prior
        The paper's λ.

    Returns
    -------
    NDArray[np.float64]
        (n_neurons, m).
    """
    top_images = min(top_images, len(evidence.images))
    belonging = p_start - (p_start - p_end) * np.arange(top_images) / top_images
    tops = np.array([_most_active(column, top_images) for column in evidence.activations.T])
    given = np.zeros((len(tops), len(evidence.texts)))
    for begin in range(0, len(evidence.images), BLOCK):
        scaled = softmax_scale * evidence.similarity(slice(begin, begin + BLOCK)).astype(np.float64)
        less = np.exp(scaled - logsumexp(scaled, axis=1)[:, None]) - 1
        neurons, ranks = np.nonzero((tops >= begin) & (tops < begin + BLOCK))
        for neuron, of_neuron in groupby(zip(neurons, ranks, strict=True), key=itemgetter(0)):
            some = [rank for _, rank in of_neuron]
            p_of_b = 1 + belonging[some, None] * less[tops[neuron, some] - begin]
            given[neuron] += np.log(p_of_b + MIN_PROBABILITY).sum(axis=0)
    given -= prior * (np.logaddexp.reduce(given, axis=0) - np.log(len(given)))
    return given


def wpmi(
    evidence: Evidence,
    *,
    top_images: int = 28,
    softmax_scale: float = 2.0,
    prior: float = 0.6,
) -> NDArray[np.float64]:
    """WPMI: soft-WPMI with every image of B in it for certain, so that log p(t|B) = Σ_{x∈B} log P(t|x).

    Parameters and what it returns are as in `soft_wpmi`.
    """
    return soft_wpmi(
        evidence,
        top_images=top_images,
        softmax_scale=softmax_scale,
        prior=prior,
        p_start=1.0,
        p_end=1.0,
    )


def rank_reorder(
    evidence: Evidence,
    *,
    top_fraction: float = 0.05,
    exponent: float = 3.0,
    similarity_exponent: float = 0.5,
) -> NDArray[np.float64]:
    """Rank reorder: how little a neuron's activations change when they are dealt out in the order of a concept.

    Over the `top_fraction` of images that activate the neuron most (at least two), with q′ their activations q
    reordered so that the i-th most similar image has the i-th highest, and s the mean similarity of these images,

        score(t, q) = −mean(|q′ − q|^exponent) / s^similarity_exponent.

    The paper has −‖q′ − q‖_p over all images: the same order of concepts as a fraction of 1 and a similarity exponent
    of 0. Its code also divides by the error of random orders, one number a neuron that leaves the order of concepts as
    it is. A mean similarity below 1e-3 counts as 1e-3, as a negative one has no root. Images tied at the end of the
    top are taken in order; of images tied in similarity the later counts as the more similar.

    Returns
    -------
    NDArray[np.float64]
        (n_neurons, m), at most 0, in the unit of the activations to the power of `exponent`.
    """
    top_images = min(max(2, int(top_fraction * len(evidence.images))), len(evidence.images))
    tops = [_most_active(column, top_images) for column in evidence.activations.T]
    scores = np.empty((len(tops), len(evidence.texts)))
    for begin in range(0, len(evidence.texts), BLOCK):
        block = evidence.similarity(concepts=slice(begin, begin + BLOCK))
        ranks = block.argsort(axis=0, kind="stable").argsort(axis=0).astype(np.int32)
        for neuron, top in enumerate(tops):
            descending = evidence.activations[top, neuron].astype(np.float64)
            by_similarity = descending[ranks[top].argsort(axis=0)]
            error = (np.abs(by_similarity - descending[::-1, None]) ** exponent).mean(axis=0)
            mean_similarity = np.maximum(block[top].mean(axis=0, dtype=np.float64), MIN_MEAN_SIMILARITY)
            scores[neuron, begin : begin + BLOCK] = -error / mean_similarity**similarity_exponent
    return scores


def cos_cubed(evidence: Evidence) -> NDArray[np.float64]:
    """Cosine of the cubes of a neuron's and a concept's deviations from their means over the images.

    Not among the paper's functions (which has the plain cosine), but in its code, and in Label-free concept bottleneck
    models (Oikarinen et al., 2023, step 3), which also divides by standard deviations: the cosine is the same. The code
    divides by at least 1e-3 instead of a smaller norm, so its score depends on the unit of the activations; here it
    does not.

    Returns
    -------
    NDArray[np.float64]
        (n_neurons, m) in [−1, 1]; 0 where a neuron or a concept is constant.
    """
    scores = np.empty((evidence.activations.shape[1], len(evidence.texts)))
    for first in range(0, len(evidence.texts), BLOCK):
        concepts = slice(first, first + BLOCK)
        concept_cubes = _unit_cubes(evidence.similarity(concepts=concepts))
        for begin in range(0, len(scores), BLOCK):
            neurons = slice(begin, begin + BLOCK)
            scores[neurons, concepts] = _unit_cubes(evidence.activations[:, neurons]).T @ concept_cubes
    return scores


SIMILARITIES: dict[str, Callable[..., NDArray[np.float64]]] = {
    "soft_wpmi": soft_wpmi,
    "wpmi": wpmi,
    "rank_reorder": rank_reorder,
    "cos_cubed": cos_cubed,
}


def explain(evidence: Evidence, *, similarity: str = "soft_wpmi", **settings: Any) -> list[Explanation]:
    """The most similar concept for every neuron, the first of equals, with weight 1 as §4 has it.

    Parameters
    ----------
    similarity
        A name in `SIMILARITIES`.
    settings
        Keyword arguments of that function; those of the other functions do nothing.
    """
    score = SIMILARITIES[similarity]
    arguments = {name: settings[name] for name in inspect.getfullargspec(score).kwonlyargs if name in settings}
    best = score(evidence, **arguments).argmax(axis=1)
    return [
        Explanation(int(neuron), status=CONSTANT)
        if is_constant
        else Explanation(int(neuron), [evidence.concepts[concept]], [1.0])
        for neuron, concept, is_constant in zip(evidence.neurons, best, constant(evidence.activations), strict=True)
    ]


def _most_active(activations: np.ndarray, size: int) -> NDArray[np.intp]:
    return np.argsort(-activations, kind="stable")[:size]


def _unit_cubes(columns: np.ndarray) -> NDArray[np.float64]:
    varies = np.ptp(columns, axis=0) > 0
    centred = np.where(varies, columns - columns.mean(axis=0, dtype=np.float64), 0)
    cubes = centred**2 * centred
    return cubes / np.where(varies, np.linalg.norm(cubes, axis=0), 1)
