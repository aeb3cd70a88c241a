"""The greedy search on moments is Algorithm 1 on raw arrays, with every rule that Algorithm 1 leaves open."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from helpers.literal import literal_correlation, literal_fit, literal_greedy, moments_for_search, standardised
from linexp.fitting.elastic_net import elastic_net
from linexp.fitting.greedy import greedy_search, top_concepts

KINDS = ("gaussian", "probabilities", "labels", "few values")
WEIGHTS = ("elastic net", "arbitrary", "few values", "none")


def _columns(rng: np.random.Generator, kind: str, n: int, m: int) -> np.ndarray:
    latent = rng.normal(size=(n, m)) + rng.choice([0.0, 1.0]) * rng.normal(size=(n, 1))
    if kind == "gaussian":
        return latent * 10 ** rng.uniform(-3, 3, m) + rng.normal(size=m)
    if kind == "probabilities":
        return 1 / (1 + np.exp(-3 * latent + 2))
    if kind == "labels":
        return (latent > rng.uniform(0, 1, m)).astype(float)
    return np.round(latent)


def _random_problem(seed: int, kind: str, m: int, copies: int, still_on_val: int, sign_flipped: bool):
    """Raw P and Q of train and val, with exact and nearly exact copies, and columns that are constant on val."""
    rng = np.random.default_rng(seed)
    n_train, n_val = int(rng.integers(8, 60)), int(rng.integers(5, 30))
    p = _columns(rng, kind, n_train + n_val, m)
    for _ in range(copies):
        original, copy = rng.integers(0, m, 2)
        p[:, copy] = p[:, original] + rng.choice([0, 0, 1e-3, 1e-7]) * rng.normal(size=len(p))
    mixing = rng.normal(size=(m, 2)) * (rng.random((m, 2)) < 0.5)
    q = standardised(p + 1e-9 * rng.normal(size=p.shape)) @ mixing
    q += rng.choice([0.1, 1.0]) * rng.normal(size=q.shape)
    if sign_flipped:
        q[n_train:] *= -1  # what goes up on train goes down on val, so that nothing correlates positively
    p_val = p[n_train:]
    for column in rng.integers(0, m, still_on_val):
        p_val[:, column] = p_val[0, column]
    return p[:n_train], q[:n_train], p_val, q[n_train:]


def _candidate_weights(rng: np.random.Generator, kind: str, train) -> np.ndarray:
    shape = train[1].shape
    if kind == "elastic net":
        return elastic_net(*train, 0.05, 0.99)[0]
    if kind == "arbitrary":
        return rng.normal(size=shape)
    if kind == "few values":
        return rng.integers(-1, 2, shape).astype(float)
    return np.zeros(shape)


def _compare(problem, weights, max_concepts: int, width: int, tolerance: float) -> Counter:
    """Hold greedy_search against the literal search, neuron by neuron; counts what was compared.

    A neuron is left out where a correlation lies within rounding of its threshold (or two gains, weights or
    covariances within rounding of a tie, or a condition number of its limit): there both answers are right.
    """
    p_train, q_train, p_val, q_val = problem
    train, val = moments_for_search(*problem)
    chosen, models, reached = greedy_search(train, val, weights, max_concepts, width, tolerance)
    counted = Counter()
    for k in range(q_train.shape[1]):
        literal = literal_greedy(p_train, q_train[:, k], p_val, q_val[:, k], weights[k], max_concepts, width, tolerance)
        if literal.ambiguous:
            counted["ambiguous"] += 1
            continue
        size = len(literal.concepts)
        assert chosen[k].tolist() == literal.concepts + [-1] * (max_concepts - size)
        assert not models[k, size:].any()
        assert reached[k] == pytest.approx(literal.correlation, abs=1e-9 + 1e-14 * literal.condition)
        if literal.condition < 1e6:
            np.testing.assert_allclose(models[k, :size], literal.scaled_weights, rtol=1e-6, atol=1e-6)
            raw = models[k, :size] * q_train[:, k].std() / p_train[:, literal.concepts].std(axis=0)
            np.testing.assert_allclose(raw, literal.weights, rtol=1e-6, atol=1e-6)
            counted["weights"] += 1
        counted["neurons"] += 1
        counted["concepts"] += size
        counted["unexplained"] += size == 0
    return counted


problems = st.builds(
    _random_problem,
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(KINDS),
    m=st.integers(1, 18),
    copies=st.integers(0, 4),
    still_on_val=st.integers(0, 3),
    sign_flipped=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(
    problem=problems,
    weights_kind=st.sampled_from(WEIGHTS),
    seed=st.integers(0, 2**32 - 1),
    max_concepts=st.sampled_from([1, 2, 3, 5, 10]),
    width=st.sampled_from([1, 2, 3, 5, 10]),
    tolerance=st.sampled_from([0.0, 0.005, 0.02, 0.1]),
)
def test_the_search_is_the_literal_algorithm(problem, weights_kind, seed, max_concepts, width, tolerance):
    assume(min(problem[0].std(axis=0)) > 1e-9 and min(problem[3].std(axis=0)) > 1e-9)  # filtered out before
    train, _ = moments_for_search(*problem)
    weights = _candidate_weights(np.random.default_rng(seed), weights_kind, train)
    assume(_compare(problem, weights, max_concepts, width, tolerance)["neurons"])


def test_the_search_is_the_literal_algorithm_with_the_settings_of_the_paper():
    counted = Counter()
    for seed in range(120):
        problem = _random_problem(seed, KINDS[seed % 2], 14, seed % 4, seed % 3, seed % 7 == 0)
        train, _ = moments_for_search(*problem)
        weights = _candidate_weights(np.random.default_rng(seed), WEIGHTS[seed % 3], train)
        counted += _compare(problem, weights, 10, 10, 0.02)
    assert counted["neurons"] > 200 and counted["weights"] > 0.8 * counted["neurons"]
    assert counted["concepts"] > 2 * counted["neurons"]
    assert counted["unexplained"] > 5


# Columns of a Hadamard matrix have mean 0 and variance 1 and are uncorrelated, so every number below is exact.
ORTHOGONAL = hadamard(64)[:, 1:].astype(float)


def _search(p_train, q_train, p_val, q_val, weights, max_concepts=10, width=10, tolerance=0.02):
    """The concepts chosen for one neuron and their correlation on val."""
    train, val = moments_for_search(p_train, q_train[:, None], p_val, q_val[:, None])
    chosen, _, reached = greedy_search(train, val, np.array([weights], float), max_concepts, width, tolerance)
    return chosen[0][chosen[0] >= 0].tolist(), reached[0]


def _first_candidate(p, q, weights) -> int:
    """The candidate that is tried first: only it is tried, and it is chosen if it correlates positively."""
    (first,), _ = _search(p, q, p, q, weights, max_concepts=1, width=1)
    return first


def test_the_tenth_concept_is_the_best_candidate_and_not_the_last_one_tried():
    p = ORTHOGONAL
    q = p[:, :10].sum(axis=1) + 0.05 * p[:, 10:].sum(axis=1)
    weights = np.linspace(2, 1, 63)
    literal = literal_greedy(p, q, p, q, weights, 10, 10, 0.02)
    chosen, reached = _search(p, q, p, q, weights)
    assert chosen == literal.concepts == list(range(10))
    assert len(literal.tried) == 10
    assert len(literal.tried[-1]) > 1 and literal.tried[-1][-1] not in chosen
    assert reached == pytest.approx(np.sqrt(10 / (10 + 53 * 0.05**2)))


def test_the_first_concept_need_not_exceed_the_tolerance():
    p = ORTHOGONAL[:, :2]
    q = 0.01 * p[:, 0] + ORTHOGONAL[:, 5]
    chosen, reached = _search(p, q, p, q, [1, 0])
    assert chosen == [0]
    assert reached == pytest.approx(0.01, rel=1e-3)


def test_a_further_concept_is_added_from_a_gain_of_the_tolerance_on():
    p = ORTHOGONAL[:, :2]
    q = p[:, 0] + 0.3 * p[:, 1]
    gain = 1 - 1 / np.sqrt(1.09)
    assert _search(p, q, p, q, [1, 0.5], tolerance=gain - 1e-6)[0] == [0, 1]
    assert _search(p, q, p, q, [1, 0.5], tolerance=gain + 1e-6)[0] == [0]


def test_no_concept_is_chosen_where_none_correlates_positively_on_val():
    p = ORTHOGONAL[:, :3]
    q = p @ [1.0, 0.5, -2.0]
    assert _search(p, q, p, -q, [3, 2, 1]) == ([], 0.0)


def test_a_concept_with_a_negative_weight_can_be_chosen():
    p = ORTHOGONAL[:, :2]
    q = -p[:, 0]
    chosen, reached = _search(p, q, p, q, [1, 0], tolerance=0.02)
    assert (chosen, reached) == ([0], pytest.approx(1))


def test_candidates_come_by_signed_weight():
    p = ORTHOGONAL[:, :3]
    q = p @ [1.0, 0.5, 2.0]
    assert _first_candidate(p, q, [0.1, 0.2, -0.9]) == 1


def test_candidates_with_equal_weights_come_by_covariance_on_train():
    p = ORTHOGONAL[:, :4] * [5, 1, 2, 9]  # the covariance is that of standardised columns
    q = ORTHOGONAL[:, :4] @ [0.5, 0.4, 0.9, 0.1]
    assert _first_candidate(p, q, [1, 1, 1, 1]) == 2
    assert _first_candidate(p, q, [1, 1 + 5e-10, 1, 1]) == 2
    assert _first_candidate(p, q, [1, 1 + 5e-9, 1, 1]) == 1


def test_candidates_with_equal_weights_and_covariances_come_by_index():
    p = ORTHOGONAL[:, :4]
    tied = p @ [0.4, 0.5, 0.5, 0.5]
    nearly = p @ [0.4, 0.5, 0.5 + 3e-10, 0.5 - 3e-10]
    apart = p @ [0.4, 0.5, 0.5 + 1e-8, 0.5]
    assert _first_candidate(p, tied, [1, 1, 1, 1]) == 1
    assert _first_candidate(p, nearly, [1, 1, 1, 1]) == 1
    assert _first_candidate(p, apart, [1, 1, 1, 1]) == 2


def test_of_candidates_with_equal_gains_the_first_wins():
    p = ORTHOGONAL[:, :3]
    q = p @ [1.0, 1.0, 1.0]
    assert _search(p, q, p, q, [1, 3, 2], max_concepts=1)[0] == [1]
    slightly = p @ [1.0, 1.0, 1.0 + 5e-10]
    assert _search(p, slightly, p, slightly, [1, 3, 2], max_concepts=1)[0] == [1]
    clearly = p @ [1.0, 1.0, 1.0 + 1e-7]
    assert _search(p, clearly, p, clearly, [1, 3, 2], max_concepts=1)[0] == [2]


def test_of_two_copies_the_one_with_the_higher_weight_is_chosen_and_the_other_never():
    p = ORTHOGONAL[:, [0, 1, 0]]
    q = p @ [1.0, 0.5, 0.0]
    chosen, reached = _search(p, q, p, q, [1, 1, 2], tolerance=0.0)
    assert sorted(chosen) == [1, 2]
    assert reached == pytest.approx(1)


@pytest.mark.parametrize("noise, singular", [(2.5e-5, False), (1.5e-5, True)])
def test_a_concept_is_singular_from_a_condition_number_of_1e10_on(noise, singular):
    """Correlation r = 1/√(1+noise²) with the first column: the condition number is (1+r)/(1−r) ≈ 4/noise²."""
    p = np.column_stack([ORTHOGONAL[:, 0], ORTHOGONAL[:, 0] + noise * ORTHOGONAL[:, 1]])
    q = ORTHOGONAL[:, 0] + ORTHOGONAL[:, 1]
    chosen, reached = _search(p, q, p, q, [1, 0.5])
    # of two concepts that are nearly the same the one that correlates a little more comes first
    assert len(chosen) == (1 if singular else 2)
    assert reached == pytest.approx(np.sqrt(0.5) if singular else 1, abs=1e-4)


def test_candidates_are_tried_a_width_at_a_time():
    p = ORTHOGONAL[:, :4]
    q = p @ [0.5, 0.6, 0.7, 2.0]
    weights = [4, 3, 2, 1]
    assert _search(p, q, p, q, weights, max_concepts=1, width=1)[0] == [0]
    assert _search(p, q, p, q, weights, max_concepts=1, width=3)[0] == [2]
    assert _search(p, q, p, q, weights, max_concepts=1, width=4)[0] == [3]
    assert _search(p, q, p, q, weights, max_concepts=2, width=3)[0] == [2, 3]


def test_bad_candidates_fill_the_width_of_their_round_and_make_room_in_the_next():
    p = ORTHOGONAL[:, :6]
    weights = [6, 5, 4, 3, 2, 1]
    # On val all but 0 and 5 are the other way round. Three at a time: 0, 1, 2; then 3, 4, 5 since 1 and 2 are bad.
    q_train, q_val = p @ [1.0, 0.1, 0.1, 0.1, 0.1, 1.0], p @ [1.0, -0.5, -0.5, -0.5, -0.5, 1.0]
    assert _search(p, q_train, p, q_val, weights, width=3)[0] == [0, 5]
    # Two at a time: 0 and 1; then 2 and 3, neither of which helps.
    assert _search(p, q_train, p, q_val, weights, width=2)[0] == [0]


def test_a_concept_that_failed_once_is_not_tried_again_when_it_would_help():
    """Column 1 alone correlates negatively on val; beside column 0 it would take the disturbance out of that."""
    signal, disturbance = ORTHOGONAL[:, 0], ORTHOGONAL[:, 1]
    p = np.column_stack([signal + disturbance, disturbance])
    q_train, q_val = signal + 0.1 * disturbance, signal - 0.1 * disturbance
    both, _ = literal_fit(p, q_train, [0, 1])
    assert np.corrcoef(p @ both, q_val)[0, 1] > 0.97
    chosen, reached = _search(p, q_train, p, q_val, [2, 1])
    assert chosen == [0] and reached < 0.7


def test_a_concept_that_is_constant_on_val_explains_nothing():
    p, p_val = ORTHOGONAL[:, :1], np.full((64, 1), 0.3)
    q = p[:, 0]
    assert _search(p, q, p_val, q, [1.0], tolerance=0.0) == ([], 0.0)


def test_no_more_concepts_are_chosen_than_asked_for():
    p = ORTHOGONAL[:, :12]
    q = p.sum(axis=1)
    weights = np.linspace(2, 1, 12)
    assert _search(p, q, p, q, weights, max_concepts=4)[0] == [0, 1, 2, 3]
    assert len(_search(p, q, p, q, weights, max_concepts=20, tolerance=0.001)[0]) == 12


def test_each_neuron_is_searched_as_if_it_were_alone():
    problem = _random_problem(5, "probabilities", 12, 2, 1, False)
    train, val = moments_for_search(*problem)
    weights = _candidate_weights(np.random.default_rng(0), "elastic net", train)
    together = greedy_search(train, val, weights)
    for k in range(2):
        one = slice(k, k + 1)
        alone = greedy_search((train[0], train[1][one]), (val[0], val[1][one], val[2][one]), weights[one])
        for all_, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(all_[one], single)


@pytest.mark.parametrize("variance", [0.0, 1e-33])
def test_a_concept_that_is_constant_on_train_is_a_bad_concept(variance):
    """With `paper_parity` a concept is kept if it varies on all images, so it may be constant on those of train.

    Its variance there is 0, or what rounding makes of 0.
    """
    gram, covariance = np.diag([variance, 1.0]), np.array([[1e-3 * variance**0.5, -0.5]])
    val = np.eye(2), np.array([[0.8, -0.5]]), np.ones(1)
    for weights in ([1.0, 0.0], [0.0, 0.0]):
        for _ in range(20):  # what memory that was never written holds is a matter of luck
            chosen, models, reached = greedy_search((gram, covariance), val, np.array([weights]))
            assert chosen[0].tolist() == [1] + [-1] * 9
            assert (models[0, 0], reached[0]) == (pytest.approx(-0.5), pytest.approx(0.5))


@pytest.mark.parametrize("top_k", [1, 3, 5])
@pytest.mark.parametrize("kind", ["gaussian", "probabilities"])
def test_top_concepts_are_the_highest_weights_refitted(top_k, kind):
    problem = _random_problem(17, kind, 12, 0, 0, False)
    p_train, q_train, p_val, q_val = problem
    train, val = moments_for_search(*problem)
    weights = np.random.default_rng(1).permuted(np.tile(np.arange(-5.0, 7.0), (2, 1)), axis=1)
    chosen, models, reached = top_concepts(train, val, weights, top_k)
    for k in range(2):
        expected = np.argsort(-weights[k])[:top_k]
        assert chosen[k].tolist() == expected.tolist()
        raw, intercept = literal_fit(p_train, q_train[:, k], expected)
        scale = p_train[:, expected].std(axis=0) / q_train[:, k].std()
        np.testing.assert_allclose(models[k], raw * scale, rtol=1e-7, atol=1e-9)
        prediction = p_val[:, expected] @ raw + intercept
        assert reached[k] == pytest.approx(literal_correlation(prediction, q_val[:, k], 1.0), abs=1e-9)


def test_top_concepts_have_a_weight_that_is_not_zero():
    p = ORTHOGONAL[:, :5]
    q = p @ [5.0, 4.0, 3.0, 2.0, 1.0]
    train, val = moments_for_search(p, q[:, None], p, q[:, None])
    chosen, models, reached = top_concepts(train, val, np.array([[0.0, 0.2, 0.0, -0.3, 0.1]]), 5)
    assert chosen[0].tolist() == [1, 4, 3, -1, -1]
    assert not models[0, 3:].any()
    assert reached[0] == pytest.approx(np.sqrt((16 + 4 + 1) / 55))
    nothing, _, undefined = top_concepts(train, val, np.zeros((1, 5)), 3)
    assert nothing[0].tolist() == [-1, -1, -1] and undefined[0] == 0


def test_top_concepts_leave_out_copies():
    p = ORTHOGONAL[:, [0, 0, 1, 2]]
    q = p @ [1.0, 1.0, 0.5, 0.2]
    train, val = moments_for_search(p, q[:, None], p, q[:, None])
    chosen, models, _ = top_concepts(train, val, np.array([[0.5, 0.5, 0.2, 0.1]]), 3)
    assert chosen[0].tolist() == [0, 2, 3]
    np.testing.assert_allclose(models[0], np.array([2.0, 0.5, 0.2]) / q.std(), rtol=1e-9)


def test_any_number_of_threads_gives_the_same_bytes():
    rng = np.random.default_rng(5)
    p = rng.normal(size=(300, 40))
    q = p @ rng.normal(size=(40, 100)) + rng.normal(size=(300, 100))
    p, q = (values / values.std(axis=0) for values in (p - p.mean(axis=0), q - q.mean(axis=0)))
    train = p.T @ p / 300, q.T @ p / 300
    val = *train, np.ones(100)
    weights = [elastic_net(*train, 0.05, 0.99, threads=threads)[0] for threads in (1, 3)]
    assert weights[0].tobytes() == weights[1].tobytes()
    one, three = (greedy_search(train, val, weights[0], threads=threads) for threads in (1, 3))
    assert [part.tobytes() for part in one] == [part.tobytes() for part in three]
