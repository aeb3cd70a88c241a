"""Polysemanticity is the formula as it is written; it orders planted neurons by how many topics they have."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.explanations import Explanation
from linexp.scoring.chance import draw_sets
from linexp.scoring.polysemanticity import centred, parts, polysemanticity, positive_cosines, spreads

TOPICS, WORDS, DIM = 6, 10, 48


def _name(row: int) -> str:
    return f"concept {row}"


def _texts(seed: int = 0) -> np.ndarray:
    """Embeddings of words by topics, `WORDS` each; all share a large direction, as real ones do."""
    rng = np.random.default_rng(seed)
    topics = np.repeat(np.linalg.qr(rng.normal(size=(DIM, TOPICS)))[0].T, WORDS, axis=0)
    texts = topics + 0.4 * rng.normal(size=topics.shape) / np.sqrt(DIM) * np.sqrt(TOPICS)
    texts += 4 * np.linalg.qr(rng.normal(size=(DIM, 1)))[0].T  # centred texts have none of it
    return (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)


def _explained(neuron: int, rows, weights=None) -> Explanation:
    weights = [1.0] * len(rows) if weights is None else weights
    return Explanation(neuron, [_name(row) for row in rows], list(weights))


def _literal(explanation: Explanation, spread: np.ndarray, texts: np.ndarray) -> float:
    """1 − Σᵢⱼ ωᵢωⱼ cos⁺(tᵢ, tⱼ), sum by sum."""
    mean = [sum(map(float, column)) / len(texts) for column in texts.T]
    t = {}
    for row, text in enumerate(texts):
        off = [float(value) - m for value, m in zip(text, mean, strict=True)]
        t[_name(row)] = [value / math.sqrt(sum(x * x for x in off)) for value in off]
    strength = {
        concept: abs(weight) * spread[int(concept.split()[1])]
        for concept, weight in zip(explanation.concepts, explanation.weights, strict=True)
        if weight > 0
    }
    total, summed = sum(strength.values()), 0.0
    for one in strength:
        for other in strength:
            cosine = sum(a * b for a, b in zip(t[one], t[other], strict=True))
            summed += strength[one] / total * strength[other] / total * max(cosine, 0.0)
    return 1 - summed


def _of(explanations, texts, spread=None, n_sets=499, longest=10):
    place = {_name(row): row for row in range(len(texts))}
    spread = np.ones(len(texts)) if spread is None else spread
    sets = draw_sets(len(texts), longest, 0, n_sets)
    found = polysemanticity(explanations, place, spread, centred(texts), sets)
    return found["polysemanticity"], found["polysemanticity_percentile"], sets


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_it_is_the_formula_as_it_is_written(seed, k):
    rng = np.random.default_rng(seed)
    texts, spread = _texts(seed % 5), rng.uniform(0.01, 0.3, TOPICS * WORDS)
    rows, weights = rng.choice(TOPICS * WORDS, k, replace=False), rng.normal(size=k)
    weights[0] = abs(weights[0])
    one = _explained(0, rows, weights)
    values, _, _ = _of([one], texts, spread)
    assert values[0] == pytest.approx(_literal(one, spread, texts), abs=1e-6)


def test_planted_neurons_are_in_the_order_of_their_topics_within_their_length():
    rng = np.random.default_rng(1)
    texts, explained, topics = _texts(), [], []
    for neuron in range(90):
        count = 1 + neuron % 3
        chosen = rng.choice(TOPICS, count, replace=False)
        rows = [WORDS * topic + word for topic in chosen for word in rng.choice(WORDS, 6 // count, replace=False)]
        explained.append(_explained(neuron, rows, rng.uniform(0.8, 1.2, 6)))
        topics.append(count)
    values, percentiles, _ = _of(explained, texts)
    by_topics = [values[np.array(topics) == count] for count in (1, 2, 3)]
    assert by_topics[0].max() < by_topics[1].min() and by_topics[1].max() < by_topics[2].min()
    assert (percentiles[np.array(topics) == 1] < 1).all()
    vectors = centred(texts)
    alike = np.mean(
        [(block @ block.T)[np.triu_indices(WORDS, 1)].mean() for block in vectors.reshape(TOPICS, WORDS, -1)]
    )
    for count, found in zip((1, 2, 3), by_topics, strict=True):
        assert found.mean() == pytest.approx(1 - (1 + (6 / count - 1) * alike) / 6, abs=0.04)


def test_the_percentile_is_the_share_of_random_sets_with_the_same_shares_that_are_lower():
    rng = np.random.default_rng(2)
    texts, spread = _texts(), rng.uniform(0.1, 1, TOPICS * WORDS)
    one = _explained(0, [0, 1, 11, 30], [2.0, 1.0, 0.5, -3.0])
    values, percentiles, sets = _of([one, _explained(1, range(10))], texts, spread, n_sets=99)
    _, shares = parts(one, {_name(row): row for row in range(len(texts))}, spread)
    drawn = [_literal(_explained(0, row[:3], shares), np.ones(len(texts)), texts) for row in sets]
    assert percentiles[0] == pytest.approx(100 * np.mean(np.array(drawn) < values[0]))
    assert 5 < percentiles[0] < 95


def test_a_random_explanation_has_any_percentile_equally_often():
    rng = np.random.default_rng(3)
    texts = _texts()
    explained = [_explained(neuron, rng.choice(len(texts), 4, replace=False)) for neuron in range(400)]
    _, percentiles, _ = _of(explained, texts)
    assert percentiles.mean() == pytest.approx(50, abs=5)
    assert np.mean(percentiles < 25) == pytest.approx(0.25, abs=0.07)


def test_weights_count_by_how_much_their_concepts_vary_and_negative_ones_not_at_all():
    texts, place = _texts(), {_name(row): row for row in range(TOPICS * WORDS)}
    spread = np.ones(len(texts))
    spread[[0, 20, 40]] = 0.5, 0.25, 0.0
    rows, shares = parts(_explained(0, [0, 20, 40, 50], [1.0, 2.0, 9.0, -4.0]), place, spread)
    assert rows.tolist() == [0, 20] and shares.tolist() == [0.5, 0.5]
    twice = Explanation(0, [_name(0), _name(20), _name(0)], [0.5, 2.0, 0.5])
    rows, shares = parts(twice, place, spread)
    assert rows.tolist() == [0, 20] and shares.tolist() == [0.5, 0.5]


@pytest.mark.filterwarnings("error")
def test_one_concept_is_one_meaning_without_a_percentile_and_none_has_neither():
    texts, spread = _texts(), np.ones(TOPICS * WORDS)
    spread[9] = 0
    explained = [
        _explained(0, [5]),
        _explained(1, [5, 6], [1.0, -1.0]),
        _explained(2, [5, 6], [-1.0, -2.0]),
        Explanation(3, status="unexplained"),
        _explained(4, [9]),
    ]
    values, percentiles, _ = _of(explained, texts, spread)
    np.testing.assert_array_equal(values, [0, 0, np.nan, np.nan, np.nan])
    assert np.isnan(percentiles).all()
    values, percentiles, _ = _of([Explanation(3, status="unexplained")], texts, longest=0)
    assert np.isnan(values).all() and np.isnan(percentiles).all()


@pytest.mark.filterwarnings("error")
def test_a_text_that_is_the_mean_of_all_is_like_itself_and_nothing_else():
    assert (centred(np.ones((1, 4), np.float32)) == 0).all()
    values, _, _ = _of([_explained(0, [0])], np.ones((1, 4), np.float32), longest=1)
    assert values[0] == 0
    rng = np.random.default_rng(4)
    vectors = centred(rng.normal(size=(12, 5)))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    cosines = positive_cosines(np.vstack([vectors, np.zeros(5)]), np.array([[0, 12, 3]]))
    np.testing.assert_allclose(
        cosines[0], [[1, 0, c := max(vectors[0] @ vectors[3], 0)], [0, 1, 0], [c, 0, 1]], atol=1e-6
    )


def test_what_a_direction_that_all_texts_share_adds_is_taken_off():
    rng = np.random.default_rng(5)
    texts = rng.normal(size=(40, 16))
    np.testing.assert_allclose(centred(texts + 100 * rng.normal(size=16)), centred(texts), atol=1e-10)


def test_a_column_that_never_varies_has_no_spread():
    p = np.random.default_rng(6).random((50, 3)).astype(np.float32)
    p[:, 1] = np.float32(1 / 3)
    assert spreads(p) == pytest.approx([p[:, 0].astype(float).std(), 0, p[:, 2].astype(float).std()], rel=1e-6)
    assert spreads(p)[1] == 0 and len(spreads(p[:, :0])) == 0
