"""Products in single precision are good enough: the same explanations as in double."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.summed import cross_moments, second_moments
from linexp.concepts.presence import probabilities
from linexp.fitting.linear import Problem, explain

N_TRAIN, N_VAL, N_CONCEPTS, N_NEURONS = 4000, 800, 300, 400
SETTINGS = {"lambda": 0.05, "alpha": 0.99, "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02}}


def _embeddings(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Unit-norm images and concepts around shared topics, float64."""
    topics = rng.normal(size=(25, 64))
    concepts = topics[rng.integers(0, 25, N_CONCEPTS)] + 0.8 * rng.normal(size=(N_CONCEPTS, 64))
    shown = rng.gamma(2.0, 0.5, (N_TRAIN + N_VAL, 25)) * (rng.random((N_TRAIN + N_VAL, 25)) < 0.1)
    images = shown @ topics + 0.7 * rng.normal(size=(len(shown), 64))
    return tuple(rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, concepts))


def _problem(p: np.ndarray, q: np.ndarray) -> Problem:
    moments = []
    for rows in (slice(N_TRAIN), slice(N_TRAIN, None)):
        of_p = second_moments(np.array_split(p[rows], 3))
        moments.append((of_p, cross_moments(np.array_split(p[rows], 3), np.array_split(q[rows], 3), of_p.mean)))
    (train, train_q), (val, val_q) = moments
    names, numbers = [f"concept {j}" for j in range(N_CONCEPTS)], np.arange(N_NEURONS, dtype=np.int32)
    p_std = p[:N_TRAIN].std(axis=0, dtype=np.float64)
    return Problem(names, numbers, train, val, train_q, val_q, p_std, np.sqrt(train_q.variance))


def _stored(problem: Problem) -> Problem:
    """With the moments of P as an artifact keeps them."""
    train, val = (replace(of, covariance=of.covariance.astype(np.float32)) for of in (problem.train, problem.val))
    return replace(problem, train=train, val=val)


@pytest.mark.parametrize("seed", range(20))
def test_concepts_that_depend_on_each_other_are_left_out_as_in_double(seed):
    """A superclass is the sum of its classes; copies lie in panels of their own."""
    rng = np.random.default_rng(seed)
    p = (rng.random((N_TRAIN + N_VAL, N_CONCEPTS)) < rng.uniform(0.02, 0.2, N_CONCEPTS)).astype(np.float64)
    p[:, 1] *= 1 - p[:, 0]
    p[:, 2] = p[:, 0] + p[:, 1]
    p[:, -1] = p[:, 3]
    q = p[:, :4] @ rng.uniform(0.5, 2, (4, N_NEURONS)) + 0.3 * rng.normal(size=(len(p), N_NEURONS))
    weights = np.zeros((N_NEURONS, N_CONCEPTS))
    weights[:, [0, 1, 2, 3, -1]] = rng.uniform(0.1, 1, (N_NEURONS, 5))
    single, double = _problem(p.astype(np.float32), q.astype(np.float32)), _problem(p, q)
    found, exact = (
        explain(problem, SETTINGS | {"top_k": 5}, weights, threads=2) for problem in (_stored(single), double)
    )
    for one, other in zip(found, exact, strict=True):
        assert len(one.concepts) == len(other.concepts) == 3
        assert np.abs(one.weights).max() < 4


@pytest.mark.parametrize("mean", [0.0, 100.0])
def test_single_precision_chooses_the_same_concepts_as_double(mean):
    rng = np.random.default_rng(0)
    images, concepts = _embeddings(rng)
    single = probabilities(images.astype(np.float32), concepts.astype(np.float32), 20.0, -0.3)
    double = probabilities(images, concepts, 20.0, -0.3)
    assert single.dtype == np.float32 and double.dtype == np.float64
    mixing = rng.gamma(2.0, 1.0, (N_CONCEPTS, N_NEURONS)) * (rng.random((N_CONCEPTS, N_NEURONS)) < 0.03)
    q = np.maximum(double @ mixing + 0.3 * rng.normal(size=(len(double), N_NEURONS)), 0) + mean
    q = q.astype(np.float32)  # what is recorded
    found = explain(_stored(_problem(single, q)), SETTINGS)
    exact = explain(_problem(double, q.astype(np.float64)), SETTINGS)
    assert not any(e.status == "not_converged" for e in found)
    same = [list(one.concepts) == list(other.concepts) for one, other in zip(found, exact, strict=True)]
    assert np.mean(same) >= 0.995
    correlations = np.array([[e.val_correlation for e in explained] for explained in (found, exact)], float)
    assert np.nanmax(np.abs(correlations[0] - correlations[1])) < 1e-4
    assert np.mean([len(e.concepts) for e in exact]) > 2
