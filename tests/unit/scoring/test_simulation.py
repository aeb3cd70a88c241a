"""Simulation by weights that are kept as a sparse matrix is that by the whole matrix."""

import numpy as np
import pytest

from linexp.explanations import Explanation, weight_matrix
from linexp.scoring.simulation import simulate, sparse_weights

CONCEPTS = [f"concept {number}" for number in range(9)]
EXPLAINED = [
    Explanation(0, ["concept 3", "concept 8"], [2.0, -0.5]),
    Explanation(1, status="unexplained"),
    Explanation(2, ["concept 0", "concept 3", "concept 0"], [1.0, 0.25, 1.5]),
    Explanation(3, ["concept 5"], [0.0]),
]


def test_sparse_weights_are_the_weight_matrix():
    found = sparse_weights(EXPLAINED, CONCEPTS)
    np.testing.assert_array_equal(found.toarray(), weight_matrix(EXPLAINED, CONCEPTS))
    assert found.nnz == 4
    assert not sparse_weights([Explanation(0), Explanation(1)], CONCEPTS).toarray().any()


def test_simulations_by_sparse_weights_are_those_by_the_whole_matrix_and_a_sum_over_concepts():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(700, 6)), rng.normal(size=(9, 6))
    images, texts = (
        (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32) for rows in (images, texts)
    )
    weights = weight_matrix(EXPLAINED, CONCEPTS)
    sparse, whole = (
        np.concatenate(list(simulate([images[:100], images[100:]], texts, of, 7.0, -0.1)))
        for of in (sparse_weights(EXPLAINED, CONCEPTS), weights)
    )
    np.testing.assert_array_equal(sparse, whole)
    p = 1 / (1 + np.exp(-7.0 * (images.astype(float) @ texts.T - 0.1)))
    np.testing.assert_allclose(sparse, p @ weights, rtol=0, atol=1e-5)


def test_a_concept_that_the_simulator_does_not_have_is_not_passed_over():
    with pytest.raises(KeyError):
        sparse_weights([Explanation(5, ["snow"], [1.0])], CONCEPTS)


def test_embeddings_in_half_precision_are_simulated_in_single_precision():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(300, 6)).astype(np.float16), rng.normal(size=(9, 6)).astype(np.float32)
    of, a, b = sparse_weights(EXPLAINED, CONCEPTS), 117.3, -0.11
    half, single = (
        np.concatenate(list(simulate([rows], texts, of, a, b))) for rows in (images, images.astype(np.float32))
    )
    np.testing.assert_array_equal(half, single)
