"""CLIP-Dissect with soft-WPMI (Oikarinen and Weng, 2023): the concept of the most activating images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from .explanations import CONSTANT, Explanation

MIN_PROBABILITY = 1e-7


def soft_wpmi(
    similarity: np.ndarray,
    activations: np.ndarray,
    top_images: int = 100,
    softmax_scale: float = 10.0,
    prior: float = 1.0,
    p_start: float = 0.998,
    p_end: float = 0.97,
) -> NDArray[np.float64]:
    """Soft-WPMI of each neuron with each concept; the highest is the neuron's explanation.

    With B the images that activate a neuron most, p(x∈B) falling linearly from `p_start` to `p_end` over their
    ranks, and P(t|x) the softmax of the scaled similarities over concepts,

        soft-WPMI(t, q) = log p(t|B) − prior·log p(t),  log p(t|B) = Σ_{x∈B} log(1 + p(x∈B)(P(t|x) − 1)),

    where p(t) is the mean of p(t|B) over neurons. The defaults are the publication's.

    Args:
        similarity: (n, m) cosine similarities of images and concepts.
        activations: (n, n_neurons) of the same images.

    Returns:
        (n_neurons, m).
    """
    top_images = min(top_images, len(similarity))
    probability = softmax(softmax_scale * similarity.astype(np.float64), axis=1)
    belonging = p_start - (p_start - p_end) * np.arange(top_images)[:, None] / top_images
    order = np.argsort(-activations, axis=0, kind="stable")[:top_images]
    given = np.empty((activations.shape[1], similarity.shape[1]))
    for neuron in range(activations.shape[1]):
        likelihood = 1 + belonging * (probability[order[:, neuron]] - 1)
        given[neuron] = np.log(likelihood + MIN_PROBABILITY).sum(axis=0)
    overall = logsumexp(given, axis=0) - np.log(len(given))
    return given - prior * overall


def explain(
    similarity: np.ndarray,
    activations: np.ndarray,
    neurons: np.ndarray,
    concepts: Sequence[str],
    settings: Mapping[str, Any],
) -> list[Explanation]:
    """The concept with the highest soft-WPMI for every neuron, with weight 1 as §4 has it.

    Args:
        similarity, activations: as in `soft_wpmi`. neurons: (n_neurons,) their numbers.
        concepts: the m names. settings: the other arguments of `soft_wpmi`.
    """
    best = soft_wpmi(similarity, activations, **settings).argmax(axis=1)
    constant = np.ptp(activations, axis=0) == 0
    return [
        Explanation(int(neuron), status=CONSTANT)
        if is_constant
        else Explanation(int(neuron), [concepts[concept]], [1.0])
        for neuron, concept, is_constant in zip(neurons, best, constant, strict=True)
    ]
