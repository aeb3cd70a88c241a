"""Slow, literal second implementations of the numeric core, written from the paper and the stated rules.

They work on raw arrays with loops and general-purpose solvers and share no code with linexp.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

TIE = 1e-9
MAX_CONDITION = 1e10


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1."""
    values = np.asarray(values, np.float64)
    return (values - values.mean(axis=0)) / values.std(axis=0)


def moments_for_search(p_train, q_train, p_val, q_val):
    """What `greedy_search` takes, by np.cov: all in units of the standard deviations on train."""
    n_concepts = p_train.shape[1]
    train = np.cov(np.hstack([p_train / p_train.std(axis=0), q_train / q_train.std(axis=0)]).T, bias=True)
    val = np.cov(np.hstack([p_val / p_train.std(axis=0), q_val / q_train.std(axis=0)]).T, bias=True)
    train, val = np.atleast_2d(train), np.atleast_2d(val)
    p, q = slice(0, n_concepts), slice(n_concepts, None)
    contiguous = np.ascontiguousarray
    return (
        (contiguous(train[p, p]), contiguous(train[q, p])),
        (contiguous(val[p, p]), contiguous(val[q, p]), contiguous(np.diag(val)[q])),
    )


@dataclass
class LiteralSearch:
    """What Algorithm 1 found for one neuron.

    Attributes
    ----------
    concepts
        In the order of choice.
    weights
        In units of P and q.
    scaled_weights
        Of both standardised.
    tried
        The candidates of every round.
    condition
        Of the chosen columns (squared, standardised).
    ambiguous
        A comparison was so close to its threshold that rounding decides it.
    """

    concepts: list[int] = field(default_factory=list)
    weights: np.ndarray = field(default_factory=lambda: np.empty(0))
    scaled_weights: np.ndarray = field(default_factory=lambda: np.empty(0))
    intercept: float = 0.0
    correlation: float = 0.0
    condition: float = 1.0
    tried: list[list[int]] = field(default_factory=list)
    ambiguous: bool = False


def literal_correlation(prediction: np.ndarray, truth: np.ndarray, scale: float) -> float:
    """Pearson's r; 0 where the prediction does not vary (by 1e-7 of `scale`)."""
    if prediction.std() <= 1e-7 * scale:
        return 0.0
    return float(np.corrcoef(prediction, truth)[0, 1])


def literal_condition(columns: np.ndarray) -> float:
    """Squared condition number of the centred, standardised columns."""
    singular = np.linalg.svd(standardised(columns), compute_uv=False)
    if len(singular) < columns.shape[1] or singular[-1] == 0:
        return math.inf
    return float((singular[0] / singular[-1]) ** 2)


def literal_fit(p_train, q_train, chosen):
    """Least squares with an intercept on raw columns: weights and intercept."""
    design = np.column_stack([p_train[:, chosen], np.ones(len(p_train))])
    solution = np.linalg.lstsq(design, q_train, rcond=None)[0]
    return solution[:-1], float(solution[-1])


def literal_next(weights, covariance, excluded) -> int:
    """The argmax over the signed weight; ties by covariance on train, then by index."""
    free = [j for j in range(len(weights)) if j not in excluded]
    highest = max(weights[j] for j in free)
    tied = [j for j in free if weights[j] >= highest - TIE]
    closest = max(covariance[j] for j in tied)
    return min(j for j in tied if covariance[j] >= closest - TIE)


def _unclear_gap(values) -> bool:
    """Whether two values differ by more than rounding but by no more than a few ties."""
    gaps = np.diff(np.sort(values))
    return bool(((gaps > 1e-12) & (gaps < 10 * TIE)).any())


def literal_greedy(p_train, q_train, p_val, q_val, weights, max_concepts, width, tolerance) -> LiteralSearch:
    """Algorithm 1 for one neuron: p (n, m) and q (n,) raw, weights (m,) of the elastic net."""
    found = LiteralSearch()
    n_concepts = p_train.shape[1]
    covariance = [float(np.mean(standardised(p_train[:, j]) * standardised(q_train))) for j in range(n_concepts)]
    found.ambiguous = _unclear_gap(weights) or _unclear_gap(covariance)
    bad: set[int] = set()
    best = 0.0
    while len(found.concepts) < max_concepts:
        candidates: list[int] = []
        while len(candidates) < width and len({*candidates, *found.concepts, *bad}) < n_concepts:
            candidates.append(literal_next(weights, covariance, {*candidates, *found.concepts, *bad}))
        found.tried.append(candidates)
        winner, winner_correlation = None, best
        for candidate in candidates:
            columns = [*found.concepts, candidate]
            condition = literal_condition(p_train[:, columns])
            found.ambiguous |= 0.99 < condition / MAX_CONDITION < 1.01
            if condition > MAX_CONDITION:
                bad.add(candidate)
                continue
            w, intercept = literal_fit(p_train, q_train, columns)
            correlation = literal_correlation(p_val[:, columns] @ w + intercept, q_val, q_train.std())
            rounding = 2e-10 + 1e-15 * condition
            needed = best + tolerance if found.concepts else 0.0
            found.ambiguous |= correlation != 0.0 and abs(correlation - needed) < rounding
            if correlation < needed or (not found.concepts and correlation <= 0.0):
                bad.add(candidate)
            else:
                gain = correlation - winner_correlation
                if winner is not None:
                    found.ambiguous |= abs(gain - TIE) < rounding
                if winner is None or gain > TIE:
                    winner, winner_correlation = candidate, correlation
        if winner is None:
            break
        found.concepts.append(winner)
        best = winner_correlation
    if found.concepts:
        found.weights, found.intercept = literal_fit(p_train, q_train, found.concepts)
        found.scaled_weights = found.weights * p_train[:, found.concepts].std(axis=0) / q_train.std()
        found.condition = literal_condition(p_train[:, found.concepts])
        found.correlation = best
    return found


def literal_objective(weights, p, q, lam, alpha) -> float:
    """½ mean squared error plus the penalty of Eq. 6, from raw standardised arrays; weights (m,), q (n,)."""
    loss = sum((sum(w * x for w, x in zip(weights, row, strict=True)) - y) ** 2 for row, y in zip(p, q, strict=True))
    penalty = sum(alpha * abs(w) + (1 - alpha) / 2 * w**2 for w in weights)
    return loss / (2 * len(q)) + lam * penalty


def literal_violation(weights, gram, target, lam, alpha) -> float:
    """The largest distance of 0 from the subdifferential of the elastic net at `weights`."""
    worst = 0.0
    for j, weight in enumerate(weights):
        smooth = sum(gram[j, i] * weights[i] for i in range(len(weights))) - target[j] + lam * (1 - alpha) * weight
        if weight > 0:
            distance = abs(smooth + lam * alpha)
        elif weight < 0:
            distance = abs(smooth - lam * alpha)
        else:
            distance = max(0.0, abs(smooth) - lam * alpha)
        worst = max(worst, distance)
    return worst


def literal_probability(image, concept, a, b) -> float:
    """Eq. 5 and 8 for one image and one concept."""
    similarity = sum(float(x) * float(y) for x, y in zip(image, concept, strict=True))
    return 1 / (1 + math.exp(-(a * similarity + a * b)))


def literal_simulation(images, concepts, explanation, a, b) -> list[float]:
    """Eq. 9 for one explanation, {number of the concept: weight}."""
    return [sum(w * literal_probability(image, concepts[c], a, b) for c, w in explanation.items()) for image in images]


def literal_soft_wpmi(similarity, activations, top, scale, prior, p_start, p_end) -> np.ndarray:
    """Soft-WPMI with plain loops, as its publication writes it; (n_neurons, m)."""
    n_images, n_concepts = similarity.shape
    n_neurons = activations.shape[1]
    top = min(top, n_images)
    given = np.zeros((n_neurons, n_concepts))
    for k in range(n_neurons):
        ranked = sorted(range(n_images), key=lambda i: (-activations[i, k], i))
        for rank, i in enumerate(ranked[:top]):
            total = sum(math.exp(scale * similarity[i, t]) for t in range(n_concepts))
            belongs = p_start + (p_end - p_start) * rank / top
            for t in range(n_concepts):
                p = math.exp(scale * similarity[i, t]) / total
                given[k, t] += math.log(1 + belongs * (p - 1) + 1e-7)
    scores = np.zeros_like(given)
    for t in range(n_concepts):
        # log of the mean of exp(given) over neurons, shifted by the highest so that exp cannot underflow to 0
        highest = max(given[:, t])
        overall = highest + math.log(sum(math.exp(g - highest) for g in given[:, t]) / n_neurons)
        for k in range(n_neurons):
            scores[k, t] = given[k, t] - prior * overall
    return scores


def literal_calibration(similarity, labels) -> tuple[float, float, float]:
    """a, b and the mean binary cross-entropy of Eq. 5, by direct optimisation over all pairs; labels may be shares."""
    x, y = np.ravel(similarity).astype(np.float64), np.ravel(labels).astype(np.float64)

    def loss(parameters):
        slope, offset = parameters
        z = slope * (x - x.mean()) / x.std() + offset
        probability = 1 / (1 + np.exp(-z))
        wrong = probability - y
        gradient = [(wrong * (x - x.mean()) / x.std()).mean(), wrong.mean()]
        return (np.logaddexp(0, z) - y * z).mean(), np.array(gradient)

    result = optimize.minimize(loss, [1.0, 0.0], jac=True, method="BFGS", options={"gtol": 1e-11, "maxiter": 500})
    slope, offset = result.x
    a = slope / x.std()
    return float(a), float(offset / a - x.mean()), float(result.fun)
