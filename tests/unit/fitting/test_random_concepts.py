"""Null control by random concepts: fitted by least squares on raw data."""

import numpy as np
import pytest
from scipy import stats

from helpers.literal import literal_correlation, literal_fit
from helpers.summed import cross_moments, second_moments
from linexp.errors import LinexpError
from linexp.explanations import CONSTANT, UNEXPLAINED, Explanation
from linexp.fitting.linear import Problem
from linexp.fitting.random_concepts import random_concepts

N_TRAIN, N_VAL, N_CONCEPTS, N_NEURONS = 300, 120, 25, 40


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """P, and Q with a neuron that never varies, on train and behind it on val."""
    rng = np.random.default_rng(9)
    p = 1 / (1 + np.exp(2 - 2 * rng.normal(size=(N_TRAIN + N_VAL, N_CONCEPTS))))
    q = 5 * p @ rng.normal(size=(N_CONCEPTS, N_NEURONS)) + rng.normal(size=(len(p), N_NEURONS)) + 3
    q[:, 11] = 2
    return p, q


def _problem(p: np.ndarray, q: np.ndarray, neurons) -> Problem:
    splits = []
    for rows in (slice(N_TRAIN), slice(N_TRAIN, None)):
        of_p = second_moments([p[rows]])
        splits.append((of_p, cross_moments([p[rows]], [q[rows][:, neurons]], of_p.mean)))
    (train, train_q), (val, val_q) = splits
    return Problem(
        concepts=[f"concept {j}" for j in range(p.shape[1])],
        neurons=np.array(neurons, np.int32),
        train=train,
        val=val,
        train_q=train_q,
        val_q=val_q,
        p_std=p[:N_TRAIN].std(axis=0),
        q_std=q[:N_TRAIN, neurons].std(axis=0),
    )


def _reference(lengths=None) -> list[Explanation]:
    lengths = [neuron % 6 for neuron in range(N_NEURONS)] if lengths is None else lengths
    return [Explanation(n, ["x"] * length, [1.0] * length) for n, length in enumerate(lengths)]


def _columns(explanation: Explanation) -> list[int]:
    return [int(name.split()[1]) for name in explanation.concepts]


@pytest.mark.filterwarnings("error")
def test_random_concepts_are_as_many_as_those_of_the_reference_and_fitted_by_least_squares(data):
    p, q = data
    explained = random_concepts(_problem(p, q, range(N_NEURONS)), _reference(), 0)
    assert [explanation.neuron for explanation in explained] == list(range(N_NEURONS))
    for neuron, explanation in enumerate(explained):
        if neuron == 11:
            assert (explanation.status, explanation.concepts, explanation.bias) == (CONSTANT, (), 2)
            continue
        if neuron % 6 == 0:
            assert (explanation.status, explanation.concepts) == (UNEXPLAINED, ())
            assert explanation.bias == pytest.approx(q[:N_TRAIN, neuron].mean())
            continue
        chosen = _columns(explanation)
        assert explanation.status == "ok"
        assert len(set(chosen)) == neuron % 6
        weights, bias = literal_fit(p[:N_TRAIN], q[:N_TRAIN, neuron], chosen)
        np.testing.assert_allclose(explanation.weights, weights, rtol=1e-8, atol=1e-9)
        assert sorted(explanation.weights, reverse=True) == explanation.weights
        assert explanation.bias == pytest.approx(bias)
        correlation = literal_correlation(p[N_TRAIN:, chosen] @ weights, q[N_TRAIN:, neuron], 1.0)
        assert explanation.val_correlation == pytest.approx(correlation)


def test_the_draw_depends_on_the_seed_and_the_neuron_alone(data):
    together = random_concepts(_problem(*data, range(N_NEURONS)), _reference(), 3, threads=2)
    some = [28, 5, 11]
    assert random_concepts(_problem(*data, some), _reference()[::-1], 3) == [together[neuron] for neuron in some]
    others = random_concepts(_problem(*data, range(N_NEURONS)), _reference(), 4)
    assert sum(a.concepts != b.concepts for a, b in zip(together, others, strict=True)) > 20


def test_every_concept_is_drawn_as_often_as_any_other(data):
    p, q = data
    problem, reference = _problem(p, q, range(N_NEURONS)), _reference([5] * N_NEURONS)
    drawn = [_columns(explanation) for seed in range(40) for explanation in random_concepts(problem, reference, seed)]
    counts = np.bincount(np.concatenate([columns for columns in drawn if columns]), minlength=N_CONCEPTS)
    assert counts.sum() == 40 * 39 * 5
    assert stats.chisquare(counts).pvalue > 1e-3


def test_more_concepts_than_there_are_means_all_of_them(data):
    explained = random_concepts(_problem(*data, [1]), _reference([0, 30]), 0)
    assert sorted(_columns(explained[0])) == list(range(N_CONCEPTS))


def test_a_copy_of_a_drawn_concept_adds_nothing_and_is_left_out(data):
    p, q = data
    copied = np.column_stack([p[:, 0], p[:, 1], p[:, 0]])
    (explanation,) = random_concepts(_problem(copied, q, [1]), _reference([0, 3]), 0)
    chosen = _columns(explanation)
    assert sorted({column % 2 for column in chosen}) == [0, 1] and len(chosen) == 2
    weights, bias = literal_fit(p[:N_TRAIN], q[:N_TRAIN, 1], [0, 1])  # what the minimum norm predicts as well
    prediction = copied[:, chosen] @ explanation.weights + explanation.bias
    np.testing.assert_allclose(prediction, p[:, [0, 1]] @ weights + bias)


def test_random_concepts_lie_far_below_the_true_ones(data):
    p, _ = data
    rng = np.random.default_rng(10)
    true = [rng.permutation(N_CONCEPTS)[:3] for _ in range(N_NEURONS)]
    q = np.column_stack([p[:, columns].sum(axis=1) for columns in true])
    explained = random_concepts(_problem(p, q, range(N_NEURONS)), _reference([3] * N_NEURONS), 0)
    assert np.mean([explanation.val_correlation for explanation in explained]) < 0.5


def test_a_reference_that_leaves_a_neuron_out_is_an_error(data):
    with pytest.raises(LinexpError, match=r"the reference for lengths does not explain neuron 7; "):
        random_concepts(_problem(*data, [1, 7]), _reference()[:7], 0)
