"""The search among all concepts finds the best sets, as exhaustive search and least squares on raw arrays have them."""

from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import hadamard
from scipy.optimize import nnls

from helpers.literal import literal_condition, literal_correlation, moments_for_search, standardised
from linexp.fitting.elastic_net import elastic_net
from linexp.fitting.greedy import greedy_search, top_concepts
from linexp.fitting.subsets import best_subsets, search

# Columns of a Hadamard matrix have mean 0 and variance 1 and are uncorrelated, so every number below is exact.
ORTHOGONAL = hadamard(64)[:, 1:].astype(float)


def _columns(rng: np.random.Generator, n: int, m: int, copies: int) -> np.ndarray:
    """P that is correlated in groups, some of it 0 or 1, with exact and near copies."""
    topics = rng.normal(size=(n, 3)) @ rng.normal(size=(3, m))
    p = 1 / (1 + np.exp(-rng.uniform(0.2, 2) * topics - rng.normal(size=(n, m)) + rng.uniform(-1, 2, m)))
    labels = rng.random(m) < 0.2
    p[:, labels] = p[:, labels] > np.quantile(p[:, labels], rng.uniform(0.5, 0.9), axis=0)
    p = np.where(p.std(axis=0) < 1e-3, rng.random((n, m)), p)
    for _ in range(copies):
        original, copy = rng.integers(0, m, 2)
        p[:, copy] = p[:, original] + rng.choice([0, 1e-4, 1e-2, 0.1]) * rng.normal(size=n)
    return p


def _problem(seed: int):
    """Raw P and Q of train and val: of three neurons one is a planted mixture, one a difference, one noise."""
    rng = np.random.default_rng(seed)
    m, n_train, n_val = int(rng.integers(4, 15)), int(rng.integers(40, 200)), 30
    p = _columns(rng, n_train + n_val, m, int(rng.integers(0, 5)))
    scaled = standardised(p)
    planted = scaled @ (rng.normal(size=m) * (rng.random(m) < 0.4)) + rng.choice([0.1, 1.0]) * rng.normal(size=len(p))
    difference = scaled[:, 0] - 0.9 * scaled[:, 1] + 0.5 * rng.normal(size=len(p))
    q = np.column_stack([planted, difference, rng.normal(size=len(p))])
    return p[:n_train], q[:n_train], p[n_train:], q[n_train:]


def _error(p: np.ndarray, q: np.ndarray, chosen) -> float:
    """The squared error of least squares on raw columns, as a share of the neuron's variance."""
    x, y = standardised(p)[:, list(chosen)], standardised(q)
    return float(((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).mean())


def test_the_error_is_that_of_exhaustive_search():
    within, compared = 0, 0
    for seed in range(200):
        p, q, p_val, q_val = _problem(seed)
        train, _ = moments_for_search(p, q, p_val, q_val)
        sets = best_subsets(train, np.full(q.shape[1], 4))
        gram, covariance = train
        for size in range(1, min(4, p.shape[1]) + 1):
            every = np.array(list(combinations(range(p.shape[1]), size)))
            part = gram[every[:, :, None], every[:, None, :]]
            eigenvalues = np.linalg.eigvalsh(part)
            every = every[eigenvalues[:, 0] * 1e10 >= eigenvalues[:, -1]]
            if not len(every):
                assert (sets[:, size - 1] == -1).all()
                continue
            part = gram[every[:, :, None], every[:, None, :]]
            for neuron in range(q.shape[1]):
                right = covariance[neuron][every]
                explained = (np.linalg.solve(part, right[..., None])[..., 0] * right).sum(axis=1)
                best = every[explained.argmax()]
                found = sets[neuron, size - 1, :size]
                assert len(set(found.tolist())) == size and found.min() >= 0
                within += _error(p, q[:, neuron], found) <= 1.001 * _error(p, q[:, neuron], best) + 1e-12
                compared += 1
    assert compared > 2000
    assert within >= 0.99 * compared, f"{within} of {compared}"


def test_positive_sets_are_those_of_exhaustive_search_with_positive_weights():
    within, compared = 0, 0
    for seed in range(40):
        p, q, p_val, q_val = _problem(seed)
        x = standardised(p)
        train, _ = moments_for_search(p, q, p_val, q_val)
        sets = best_subsets(train, np.full(q.shape[1], 3), positive=True)
        for neuron in range(q.shape[1]):
            y = standardised(q[:, neuron])
            for size in (1, 2, 3):
                found = sets[neuron, size - 1, :size]
                best = np.inf
                for chosen in combinations(range(p.shape[1]), size):
                    weights, left = nnls(x[:, chosen], y)
                    if (weights > 1e-9).all() and literal_condition(p[:, chosen]) < 1e10:
                        best = min(best, left**2 / len(y))
                if found[0] < 0:
                    within += best == np.inf
                else:
                    weights, left = nnls(x[:, found], y)
                    assert (weights > 0).all()
                    within += left**2 / len(y) <= 1.001 * best + 1e-12
                compared += 1
    assert within >= 0.99 * compared, f"{within} of {compared}"


def _many_concepts(n_train: int = 1500, n_val: int = 300, m: int = 300, n_neurons: int = 80):
    rng = np.random.default_rng(5)
    p = _columns(rng, n_train + n_val, m, 60)
    mixing = rng.gamma(1.0, 1.0, size=(m, n_neurons)) * (rng.random((m, n_neurons)) < rng.uniform(0, 0.1, n_neurons))
    q = standardised(p) @ mixing + rng.uniform(0.5, 8, n_neurons) * rng.normal(size=(len(p), n_neurons))
    return p[:n_train], q[:n_train], p[n_train:], q[n_train:]


def _forward(p: np.ndarray, q: np.ndarray, length: int) -> list[int]:
    """Plain forward selection, by an orthogonal basis of the columns chosen so far."""
    rest, left, chosen = standardised(p), standardised(q), []
    for _ in range(length):
        spread = (rest**2).mean(axis=0)
        gains = np.where(spread > 1e-6, (rest.T @ left / len(left)) ** 2 / np.maximum(spread, 1e-6), 0)
        chosen.append(int(gains.argmax()))
        direction = rest[:, chosen[-1]] / np.sqrt((rest[:, chosen[-1]] ** 2).sum())
        rest, left = rest - np.outer(direction, direction @ rest), left - direction * (direction @ left)
    return chosen


def test_no_neuron_is_explained_worse_than_by_forward_selection_the_greedy_search_or_the_top_weights():
    p, q, p_val, q_val = _many_concepts()
    train, val = moments_for_search(p, q, p_val, q_val)
    weights, _ = elastic_net(*train, 0.05, 0.99)
    others = {
        "greedy": greedy_search(train, val, weights)[0],
        "top": top_concepts(train, val, weights, 5)[0],
        "forward": np.array([_forward(p, q[:, neuron], 6) for neuron in range(q.shape[1])]),
    }
    for name, chosen in others.items():
        lengths = (chosen >= 0).sum(axis=1)
        found, _, _ = search(train, val, lengths=lengths)
        ratios = []
        for neuron, length in enumerate(lengths):
            assert (found[neuron] >= 0).sum() == length
            if length:
                ours, theirs = (_error(p, q[:, neuron], sets[neuron, :length]) for sets in (found, chosen))
                ratios.append(ours / theirs)
        assert max(ratios) <= 1.001 and np.mean(ratios) < 1, name


@pytest.mark.parametrize("ridge", [0.0, 0.01, 0.5])
def test_weights_are_those_of_ridge_regression_on_the_set(ridge):
    p, q, p_val, q_val = _problem(3)
    train, val = moments_for_search(p, q, p_val, q_val)
    chosen, models, reached = search(train, val, ridge=ridge, length=3)
    x, y = standardised(p), standardised(q)
    for neuron in range(q.shape[1]):
        # a ridge is as many rows more as there are columns
        rows = np.vstack([x[:, chosen[neuron]], np.sqrt(ridge * len(x)) * np.eye(3)])
        expected = np.linalg.lstsq(rows, np.concatenate([y[:, neuron], np.zeros(3)]), rcond=None)[0]
        np.testing.assert_allclose(models[neuron], expected, rtol=1e-6)
        prediction = (p_val[:, chosen[neuron]] / p[:, chosen[neuron]].std(axis=0)) @ expected
        assert reached[neuron] == pytest.approx(literal_correlation(prediction, q_val[:, neuron], 1.0))


def _search(p, q, q_val=None, **settings):
    """The concepts of one neuron, in ascending order, and their correlation on val."""
    q_val = q if q_val is None else q_val
    train, val = moments_for_search(p, q[:, None], p, q_val[:, None])
    chosen, _, reached = search(train, val, **settings)
    return sorted(chosen[0][chosen[0] >= 0].tolist()), reached[0]


def test_the_length_is_the_best_of_the_whole_path_and_not_the_first_flat_step():
    """The second concept of the path adds nothing on val, the third one much."""
    p = ORTHOGONAL[:, :4]
    q_train, q_val = p @ [3.0, 2.0, 1.0, 0.5], p @ [3.0, 0.0, 3.0, 0.0]
    path = [_search(p, q_train, q_val, length=length) for length in (1, 2, 3, 4)]
    correlations = [reached for _, reached in path]
    assert correlations[1] < correlations[0] < correlations[2]
    assert _search(p, q_train, q_val, tolerance=0.0)[0] == [0, 1, 2]
    assert _search(p, q_train, q_val, tolerance=0.5)[0] == [0]


def test_each_concept_has_to_add_the_tolerance():
    p = ORTHOGONAL[:, :2]
    q = p @ [1.0, 0.3]
    gain = 1 - 1 / np.sqrt(1.09)
    assert _search(p, q, ridge=0.0, tolerance=gain - 1e-6)[0] == [0, 1]
    assert _search(p, q, ridge=0.0, tolerance=gain + 1e-6)[0] == [0]


def test_of_lengths_that_are_worth_the_same_the_shortest_is_taken():
    p = ORTHOGONAL[:, :3]
    q_train, q_val = p @ [1.0, 0.5, 0.2], p @ [1.0, 0.5, 0.0]
    flat = p @ [1.0, 0.0, 0.0]
    assert _search(p, flat, tolerance=0.0, ridge=0.0)[0] == [0]
    assert _search(p, q_train, q_val, tolerance=0.0, ridge=0.0)[0] == [0, 1]


def test_the_first_concept_need_not_exceed_the_tolerance():
    q = 0.01 * ORTHOGONAL[:, 0] + ORTHOGONAL[:, 5]
    chosen, reached = _search(ORTHOGONAL[:, :2], q, tolerance=0.02)
    assert chosen == [0] and reached == pytest.approx(0.01, rel=1e-3)


def test_no_concept_is_chosen_where_no_length_correlates_positively_on_val():
    p = ORTHOGONAL[:, :3]
    q = p @ [1.0, 0.5, -2.0]
    assert _search(p, q, -q) == ([], 0.0)
    assert _search(p, ORTHOGONAL[:, 10]) == ([], 0.0), "nothing is explained by what has no covariance with it"


def test_a_given_length_is_taken_without_a_look_at_val_and_as_far_as_there_are_sets():
    p = ORTHOGONAL[:, :3]
    q = p @ [1.0, 0.5, -2.0]
    chosen, reached = _search(p, q, -q, length=2)
    assert chosen == [0, 2] and reached == pytest.approx(-np.sqrt(5 / 5.25), rel=1e-3)
    copied = np.column_stack([p[:, 0], p[:, 1], p[:, 0]])
    assert _search(copied, copied @ [1.0, 0.5, 0.0], length=3)[0] == [0, 1]


def test_each_neuron_can_have_a_length_of_its_own():
    p = ORTHOGONAL[:, :6]
    q = np.column_stack([p @ [6, 5, 4, 3, 2, 1.0]] * 4)
    train, val = moments_for_search(p, q, p, q)
    chosen, models, reached = search(train, val, lengths=np.array([3, 0, 1, 6]), ridge=0.0)
    assert [sorted(row[row >= 0].tolist()) for row in chosen] == [[0, 1, 2], [], [0], [0, 1, 2, 3, 4, 5]]
    assert reached[1] == 0 and not models[1].any() and not models[2, 1:].any()
    assert reached[3] == pytest.approx(1)


def test_sets_that_explain_equally_much_go_by_covariance_and_then_by_index():
    p = ORTHOGONAL[:, :4]
    assert _search(p, p @ [0.0, -1.0, 1.0, 1.0], length=1)[0] == [2]
    assert _search(p, p @ [0.0, -1.0, -1.0, 0.5], length=1)[0] == [1]
    nearly = p @ [0.0, 1.0, 1.0 + 1e-10, 0.5]
    assert _search(p, nearly, length=1)[0] == [1]
    assert _search(p, p @ [0.0, 1.0, 1.0 + 1e-6, 0.5], length=1)[0] == [2]


@pytest.mark.parametrize("beam", [1, 3, 10])
def test_of_many_copies_one_is_chosen_and_a_sum_of_chosen_concepts_never(beam):
    """As of a superclass and all of its classes: with the Gram matrix in single precision, as in the workflow."""
    p = ORTHOGONAL[:, :5]
    p = np.column_stack([*[p[:, 0]] * 12, p[:, 1:3], p[:, 1:3].sum(axis=1), p[:, 3:]])
    q = p[:, 0] + 0.8 * p[:, 12] + 0.7 * p[:, 13] + 0.3 * p[:, 15]
    train, val = moments_for_search(p, q[:, None], p, q[:, None])
    for kind in (np.float64, np.float32):
        single = tuple(part.astype(kind) for part in train), tuple(part.astype(kind) for part in val)
        chosen = search(*single, length=6, beam=beam)[0][0]
        chosen = chosen[chosen >= 0].tolist()
        assert sum(concept < 12 for concept in chosen) == 1
        assert sum(concept in (12, 13, 14) for concept in chosen) == 2
        assert len(chosen) == len(set(chosen)) == 5


@pytest.mark.parametrize("noise, singular", [(2.5e-5, False), (1.5e-5, True)])
def test_a_set_is_singular_from_a_condition_number_of_1e10_on(noise, singular):
    p = np.column_stack([ORTHOGONAL[:, 0], ORTHOGONAL[:, 0] + noise * ORTHOGONAL[:, 1]])
    q = ORTHOGONAL[:, 0] + ORTHOGONAL[:, 1]
    assert len(_search(p, q, length=2)[0]) == (1 if singular else 2)


def test_positive_weights_stay_positive_through_the_ridge():
    """Every length of every neuron, also where the best sets of least squares have negative weights."""
    for seed in range(20):
        problem = _problem(seed)
        train, val = moments_for_search(*problem)
        for length in (2, 4):
            chosen, models, _ = search(train, val, positive=True, ridge=0.3, length=length)
            assert (models[chosen >= 0] > 0).all()
        assert (search(train, val, length=4)[1] < 0).any() or seed != 0


def test_a_concept_that_is_constant_on_val_predicts_nothing_there():
    p = ORTHOGONAL[:, :2]
    still = p.copy()
    still[:, 0] = 1.0
    q = p @ [2.0, 1.0]
    train, val = moments_for_search(p, q[:, None], still, q[:, None])
    chosen, _, reached = search(train, val, tolerance=0.0)
    assert sorted(chosen[0][chosen[0] >= 0].tolist()) == [0, 1] and np.isfinite(reached).all()
    assert search(train, val, length=1)[2][0] == 0.0


def test_a_beam_and_exchanges_find_what_forward_selection_cannot():
    """Neither of the two that make up the neuron is the best alone."""
    a, b, noise = ORTHOGONAL[:, 0], ORTHOGONAL[:, 1], ORTHOGONAL[:, 2:6]
    p = np.column_stack([a + 3 * b, a - 3 * b, a + 0.5 * noise[:, 0] + 0.5 * noise[:, 1], noise[:, 2]])
    assert _search(p, a, length=2, beam=1, swaps=False)[0] != [0, 1]
    assert _search(p, a, length=2, beam=4, swaps=False)[0] == [0, 1]


def test_exchanges_alone_leave_no_set_that_a_single_exchange_improves():
    p, q, p_val, q_val = _many_concepts(m=60, n_neurons=20)
    train, _ = moments_for_search(p, q, p_val, q_val)
    sets = best_subsets(train, np.full(q.shape[1], 4), beam=1)
    for neuron in range(q.shape[1]):
        found = sets[neuron, 3].tolist()
        ours = _error(p, q[:, neuron], found)
        for place in range(4):
            for concept in set(range(60)) - set(found):
                exchanged = [*found[:place], concept, *found[place + 1 :]]
                if literal_condition(p[:, exchanged]) < 1e10:
                    assert _error(p, q[:, neuron], exchanged) >= ours - 1e-8


def test_more_concepts_than_a_block_are_all_looked_at_and_neurons_do_not_depend_on_each_other_or_on_threads():
    rng = np.random.default_rng(8)
    p = rng.normal(size=(1600, 1300))
    true = [[3, 700], [511, 512], [1299, 1023, 1024], [0, 600]] * 10
    q = np.column_stack([p[:, columns].sum(axis=1) for columns in true]) + 0.1 * rng.normal(size=(1600, 40))
    train, val = moments_for_search(p[:1500], q[:1500], p[1500:], q[1500:])
    train, val = tuple(a.astype(np.float32) for a in train), tuple(a.astype(np.float32) for a in val)
    one, three = (search(train, val, threads=threads) for threads in (1, 3))
    for ours, theirs in zip(one, three, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    chosen = one[0]
    assert [set(row[row >= 0].tolist()) for row in chosen] == [set(columns) for columns in true]
    alone = search((train[0], train[1][[2]]), (val[0], val[1][[2]], val[2][[2]]))
    np.testing.assert_array_equal(alone[0][0], chosen[2])


def test_without_neurons_or_with_lengths_of_zero_there_is_nothing_to_do():
    train, val = moments_for_search(*_problem(0))
    none = slice(0, 0)
    assert search((train[0], train[1][none]), (val[0], val[1][none], val[2][none]))[0].shape[0] == 0
    chosen, models, reached = search(train, val, lengths=np.zeros(3, int))
    assert (chosen < 0).all() and not models.any() and not reached.any()
