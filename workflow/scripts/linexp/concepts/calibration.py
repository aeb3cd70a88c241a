"""Calibration of an image-text model (Eq. 5): a and b such that P is the share of images that have the concept.

A two-parameter logistic regression on all pairs of image and concept. The pairs are counted once into a histogram
of similarity by label that keeps the mean similarity of every bin, and Newton's method runs on the bins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlogy

from ..errors import LinexpError

BINS = 1 << 17
RELIABILITY_BINS = 15
MAX_COVER = 0.3
"""Superclasses that cover more than this share of the classes are left out (the published code's 300 of 1,000)."""


@dataclass(frozen=True)
class PairHistogram:
    """Pairs of image and concept by similarity and label.

    Attributes
    ----------
    count
        (2, BINS) number of pairs with label 0 and 1; a label in between counts as that share of a pair with label 1.
    similarity
        (2, BINS) their mean similarity.
    """

    count: NDArray[np.float64]
    similarity: NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """The result of Eq. 5. All losses are means over pairs, in nats.

    Attributes
    ----------
    a, b
        P = σ(a·similarity + a·b).
    converged
        False where the best a is infinite, as similarity tells all labels apart, or was not reached.
    bce
        Binary cross-entropy with them.
    bce_base_rate
        Of predicting the overall share of positives for every pair.
    reliability
        A list of bins of P with `count`, mean predicted `p` and `observed` share of positives.
    """

    a: float
    b: float
    converged: bool
    bce: float
    bce_base_rate: float
    reliability: list[dict[str, float]]


def usable_concepts(origins: list[str], classes_covered: np.ndarray, n_classes: int) -> NDArray[np.bool_]:
    """Which labelled concepts to calibrate on: all but superclasses that cover over 30 % of the classes."""
    is_superclass = np.array([origin == "superclass" for origin in origins])
    return ~(is_superclass & (classes_covered > MAX_COVER * n_classes))


def similarity_blocks(
    image_blocks: Iterable[np.ndarray], concepts: np.ndarray, label_blocks: Iterable[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cosine similarities, (rows, m), with the labels of the same images.

    Parameters
    ----------
    image_blocks
        unit-norm embeddings in blocks of (rows, dim).
    concepts
        (m, dim), unit norm.
    label_blocks
        (rows, m) 0 or 1, in the same blocks.
    """
    for images, labels in zip(image_blocks, label_blocks, strict=True):
        yield images @ concepts.T, labels


def pair_histogram(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> PairHistogram:
    """Count pairs in one pass.

    A rounding that puts a pair into the bin beside its own does no harm, because each bin keeps its mean.

    Parameters
    ----------
    blocks
        (rows, m) cosine similarities and (rows, m) labels of the same images and concepts: 0 or 1, or floating-point
        shares in between.
    """
    count, total = np.zeros(2 * BINS), np.zeros(2 * BINS)
    for similarity, labels in blocks:
        similarity = similarity.ravel()
        place = ((similarity + 1) * (BINS / 2)).astype(np.int64)
        np.clip(place, 0, BINS - 1, out=place)
        if labels.dtype.kind == "f":
            for label, weights in enumerate((1 - labels.ravel(), labels.ravel())):
                bins = slice(label * BINS, (label + 1) * BINS)
                count[bins] += np.bincount(place, weights, BINS)
                total[bins] += np.bincount(place, weights * similarity, BINS)
            continue
        place[labels.ravel() != 0] += BINS
        count += np.bincount(place, minlength=2 * BINS)
        total += np.bincount(place, weights=similarity, minlength=2 * BINS)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return PairHistogram(count.reshape(2, BINS), mean.reshape(2, BINS))


def rises(pairs: PairHistogram) -> bool:
    """Whether pairs with label 1 are more similar in the mean: just then the a of Eq. 5 is positive.

    At a = 0 the derivative of the loss by a is minus their covariance, and the loss is convex.
    """
    count, total = pairs.count.sum(axis=1), (pairs.count * pairs.similarity).sum(axis=1)
    return bool(count.min() > 0 and total[1] / count[1] > total[0] / count[0])


def _entropy(count: np.ndarray, logit: np.ndarray) -> float:
    """Mean binary cross-entropy: softplus(z) − y·z, written so that it cannot overflow."""
    signed = np.stack([logit[0], -logit[1]])
    return float((count * np.logaddexp(0, signed)).sum() / count.sum())


def calibrate(pairs: PairHistogram, max_steps: int = 100, tolerance: float = 1e-12) -> Calibration:
    """Minimise Eq. 5 by Newton's method with step halving.

    Raises
    ------
    LinexpError
        All labels are equal, or similarity has nothing to do with them.
    """
    filled = pairs.count.sum(axis=0) > 0
    count, similarity = pairs.count[:, filled], pairs.similarity[:, filled]
    n_pairs, positive = count.sum(), count[1].sum()
    if positive in (0, n_pairs):
        raise LinexpError("calibration: all labels are equal; calibrate on a probe that has labels")
    rate = positive / n_pairs
    # similarities lie in a narrow range, so they are standardised for the sake of the Newton step
    centre = (count * similarity).sum() / n_pairs
    spread = np.sqrt((count * (similarity - centre) ** 2).sum() / n_pairs)
    if spread <= 1e-9:
        raise LinexpError("calibration: all similarities are equal; check the model")
    features = (similarity - centre) / spread
    slope, intercept = 0.0, np.log(rate / (1 - rate))
    loss = _entropy(count, slope * features + intercept)
    converged = False
    for _ in range(max_steps):
        p = expit(slope * features + intercept)
        residual = count * (p - np.array([[0.0], [1.0]]))
        gradient = np.array([(residual * features).sum(), residual.sum()]) / n_pairs
        if np.abs(gradient).max() < tolerance:
            converged = True
            break
        curvature = count * p * (1 - p)
        cross = (curvature * features).sum()
        hessian = np.array([[(curvature * features**2).sum(), cross], [cross, curvature.sum()]]) / n_pairs
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while scale > 1e-8:
            new = _entropy(count, (slope - scale * step[0]) * features + intercept - scale * step[1])
            if new <= loss:
                break
            scale /= 2
        slope, intercept, loss = slope - scale * step[0], intercept - scale * step[1], new
    if slope <= 0:
        raise LinexpError("calibration: images are not more similar to the concepts they have; check the model")
    a = slope / spread
    b = intercept / a - centre
    converged = converged and not _tells_all_apart(count, similarity)
    base = -(xlogy(rate, rate) + xlogy(1 - rate, 1 - rate))
    reliability = _reliability(count, expit(slope * features + intercept))
    return Calibration(float(a), float(b), converged, loss, float(base), reliability)


def _tells_all_apart(count: np.ndarray, similarity: np.ndarray) -> bool:
    """Whether every pair with label 1 is more similar than every pair with label 0."""
    absent, present = (similarity[label][count[label] > 0] for label in (0, 1))
    return bool(absent.max() < present.min())


def _reliability(count: np.ndarray, p: np.ndarray) -> list[dict[str, float]]:
    """Predicted against observed shares, in even bins of the predicted probability."""
    place = np.minimum((p * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    table = []
    for number in range(RELIABILITY_BINS):
        inside = np.where(place == number, count, 0.0)
        if inside.sum():
            mean_p = float((inside * p).sum() / inside.sum())
            observed = float(inside[1].sum() / inside.sum())
            table.append({"count": int(inside.sum()), "p": mean_p, "observed": observed})
    return table
