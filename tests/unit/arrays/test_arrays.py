"""Explanations, simulations and scores of arrays, against least squares and correlations by NumPy; what is refused."""

import numpy as np
import pytest

from linexp.arrays import explain, judge, score, simulate
from linexp.errors import LinexpError
from linexp.explanations import Explanation
from linexp.probes.index import split_images

CONCEPTS = ["dog", "snow", "car", "tree", "sky"]
WEIGHTS = np.array([[2.0, 0, 0], [1.0, 0, 0], [0, 3.0, 0], [0, 0, 0], [0, 0, 0]])
PARTS = ("train", "val", "test")


def made_up(n_images: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """P, and neurons that are 2 dog + snow, 3 car, and nothing but noise."""
    rng = np.random.default_rng(seed)
    p = rng.random((n_images, len(CONCEPTS)))
    return p, 0.5 + p @ WEIGHTS + 0.1 * rng.standard_normal((n_images, 3))


def by_least_squares(p, q, concepts):
    """Weights of some concepts, and the bias."""
    design = np.column_stack([p[:, [CONCEPTS.index(name) for name in concepts]], np.ones(len(p))])
    return np.linalg.lstsq(design, q)[0]


# rows in one block of artifacts, and in several
@pytest.mark.parametrize("n_images", [600, 5000])
@pytest.mark.parametrize("settings", [{}, {"top_k": 3}, {"search": {"ridge": 0.0}}, {"lambda_": 0.1, "alpha": 0.5}])
def test_weights_are_least_squares_on_train_and_reach_what_they_say_on_val(n_images, settings):
    p, q = made_up(n_images)
    explained = explain(p, q, CONCEPTS, **settings)
    train, val = explained.rows["train"], explained.rows["val"]
    assert set(explained.explanations[0].concepts) >= {"dog", "snow"}
    assert explained.explanations[1].concepts[0] == "car"
    for neuron, one in enumerate(explained.explanations[:2]):
        weights = by_least_squares(p[train], q[train, neuron], one.concepts)
        np.testing.assert_allclose([*one.weights, one.bias], weights, atol=1e-4)
        predicted = p[val][:, [CONCEPTS.index(name) for name in one.concepts]] @ one.weights
        assert one.val_correlation == pytest.approx(np.corrcoef(predicted, q[val, neuron])[0, 1], abs=1e-5)


def test_simulations_are_sums_and_scores_are_correlations_on_test():
    (p, q), (other, _) = made_up(), made_up(seed=1)
    p2, names = 0.7 * p + 0.3 * other, CONCEPTS[::-1]
    explained = explain(p, q, CONCEPTS)
    simulated = simulate(explained, p2[:, ::-1], names)
    expected = [
        sum(weight * p2[:, CONCEPTS.index(name)] for name, weight in zip(one.concepts, one.weights, strict=True))
        for one in explained.explanations[:2]
    ]
    np.testing.assert_allclose(simulated[:, :2].T, expected, atol=1e-5)
    scores, test = score(explained, simulated, q), explained.rows["test"]
    for neuron in (0, 1):
        reached = np.corrcoef(expected[neuron][test], q[test, neuron])[0, 1]
        assert scores["correlation"][neuron] == pytest.approx(reached, abs=1e-5)
    assert scores["neuron"].tolist() == [0, 1, 2] and not scores["dead"].any()


def test_neurons_without_an_explanation_say_why():
    p, q = made_up()
    q[:, 1], q[:, 2] = 0.001, np.random.default_rng(1).permutation(q[:, 2])
    explained = explain(p, q, CONCEPTS, greedy={"max_concepts": 1, "tolerance": 0.5})
    scores = score(explained, simulate(explained, p, CONCEPTS), q)
    assert explained.to_frame()["status"].tolist()[1] == scores["status"][1] == "constant"
    assert scores["dead"].tolist() == [False, True, False] and np.isnan(scores["correlation"][1])


def test_the_split_is_the_one_that_the_workflow_draws_or_the_one_given():
    p, q = made_up()
    names = split_images(len(p), {"train": 0.7, "val": 0.1, "test": 0.2}, seed=3)
    drawn = explain(p, q, CONCEPTS, seed=3)
    masks = {part: names == part for part in PARTS}
    numbers = {part: np.flatnonzero(mask)[::-1].tolist() for part, mask in masks.items()}
    for split in (masks, numbers):
        given = explain(p, q, CONCEPTS, split)
        assert given.explanations == drawn.explanations
        assert all((given.rows[part] == drawn.rows[part]).all() for part in PARTS)
    assert explain(p, q, CONCEPTS, seed=4).explanations != drawn.explanations


def test_threads_and_double_or_single_precision_change_no_number():
    p, q = made_up(3000)
    once = explain(p, q, CONCEPTS).explanations
    assert explain(p, q, CONCEPTS, threads=2).explanations == once
    assert explain(p.astype(np.float32), q.astype(np.float32), CONCEPTS).explanations == once


def test_concepts_that_do_not_vary_or_are_hardly_present_are_in_no_explanation():
    p, q = made_up()
    p[:, 0], p[:, 1] = 1, 0.3 * p[:, 1]
    used = {name for one in explain(p, q, CONCEPTS, top_k=5).explanations for name in one.concepts}
    assert used == set(CONCEPTS) - {"dog"}
    used = {name for one in explain(p, q, CONCEPTS, top_k=5, min_presence=0.5).explanations for name in one.concepts}
    assert used == set(CONCEPTS) - {"dog", "snow"}


def test_names_can_be_an_array_and_a_layer_without_neurons_has_no_explanations():
    p, q = made_up()
    by_list, by_array = explain(p, q, CONCEPTS), explain(p, q, np.array(CONCEPTS))
    assert by_array.to_frame()["concepts"].map(list).tolist() == by_list.to_frame()["concepts"].map(list).tolist()
    nothing = explain(p, q[:, :0], CONCEPTS)
    simulated = simulate(nothing, p, CONCEPTS)
    assert simulated.shape == (600, 0) and len(score(nothing, simulated, q)) == 0


@pytest.mark.parametrize(("n_others", "verdict"), [(0, "predicts_only"), (195, "explained")])
def test_one_concept_among_five_is_chosen_by_chance_and_one_among_many_is_not(n_others, verdict):
    p, q = made_up(1000)
    p = np.hstack([p, np.random.default_rng(2).random((1000, n_others))])
    concepts = [*CONCEPTS, *map(str, range(n_others))]
    verdicts = judge(explain(p, q, concepts, search={"length": 1}), q, p, concepts)
    assert verdicts["verdict"][1] == verdict and verdicts["verdict"][2] == "not_above_chance"
    # as often as it is drawn
    assert verdicts["p_chosen"][1] == pytest.approx(1 / len(concepts), rel=0.5)


def test_explanations_of_ones_own_are_scored_on_the_rows_that_are_said():
    p, q = made_up()
    own = [Explanation(1, ["car"], [1.0])]
    rows = np.arange(50)
    scores = score(own, simulate(own, p, CONCEPTS), q, rows)
    assert scores["correlation"].tolist() == pytest.approx([np.corrcoef(p[:50, 2], q[:50, 1])[0, 1]], abs=1e-5)
    assert scores["neuron"].tolist() == [1]


P, Q = made_up(20)
SPLIT = {"train": range(10), "val": range(10, 15), "test": range(15, 20)}
BAD = np.where(np.arange(100).reshape(20, 5) == 7, np.nan, P)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": P[:19]}, "Q: it has 20 rows, but P has 19; "),
        ({"p": P[0]}, r"P: its shape is \(5,\); "),
        ({"p": BAD}, "P: row 1, column 2 is nan, which is not finite"),
        ({"q": Q * 1e300}, "Q: row 0, column 0 is .* not finite in single precision"),
        ({"q": Q.astype(str)}, "Q: it holds <U.*; give numbers"),
        ({"p": P + 1}, "P: values reach from 1.* to 1.*; give probabilities"),
        ({"p": P - 1}, "P: values reach from -"),
        ({"p": np.ones_like(P)}, "P: none of 5 concepts varies on train"),
        ({"min_presence": 2.0}, "P: none of 5 concepts varies on train and reaches min_presence 2; "),
        ({"concepts": CONCEPTS[:4]}, "P: it has 5 columns, but there are 4 concepts; "),
        ({"concepts": range(5)}, "concepts: 0 is not text; "),
        ({"concepts": ["dog", *CONCEPTS[:4]]}, "concepts: 'dog' is there twice; "),
        ({"split": {**SPLIT, "tset": [0]}}, "split: 'tset' is none; did you mean 'test'"),
        ({"split": {**SPLIT, "val": range(9, 15)}}, "split: image 9 is in two of train, val, test; "),
        ({"split": {"train": SPLIT["train"]}}, "split: there are no images for val; "),
        ({"split": {**SPLIT, "test": [20]}}, "split.test: rows reach from 20 to 20; there are 0 to 19"),
        ({"split": {**SPLIT, "test": [-1]}}, "split.test: rows reach from -1 to -1"),
        ({"split": {**SPLIT, "test": [True]}}, "split.test: the mask has the shape"),
        ({"split": {**SPLIT, "test": []}}, "split.test: there are no row numbers; "),
        ({"greedy": {"tolerence": 0.1}}, "greedy.tolerence: unknown key 'tolerence'; did you mean 'tolerance'"),
        ({"top_k": 0}, "top_k: 0 is out of range; give at least 1"),
        ({"search": {"like": "le_label"}}, "search.like: there is no other method here"),
        ({"search": {}, "alpha": 0.5}, "alpha: unknown key 'alpha'"),
        ({"lambda_": float("nan")}, "lambda: nan is not a number"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(change, message):
    arguments = {"p": P, "q": Q, "concepts": CONCEPTS, "split": SPLIT} | change
    with pytest.raises(LinexpError, match=message) as error:
        explain(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e, s: simulate(e, P[:, 1:], CONCEPTS[1:]), "concepts: P has no 'dog', which explanations may have; "),
        (lambda e, s: score(e, s[:, :2], Q), "simulated: it has 2 columns, but there are 3 explanations; "),
        (lambda e, s: score(e, s[:9], Q), "Q: it has 20 rows, but simulated has 9; "),
        (lambda e, s: score(e, s, Q[:, :2]), "Q: it has 2 columns, but neuron 2 is explained; "),
        (lambda e, s: score(e, s[:9], Q[:9]), "rows: rows reach from 15 to 19; there are 0 to 8"),
        (lambda e, s: score(e.explanations, s, Q), "rows: no images for test are known; "),
        (lambda e, s: score(e, s * np.nan, Q), "simulated: row 0, column 0 is nan"),
        (lambda e, s: judge(e, Q, P[:, 1:], CONCEPTS[1:]), "concepts: P has no 'dog', which explanations may have; "),
        (lambda e, s: judge(e, Q[:, :2], P, CONCEPTS), "Q: it has 2 columns, but 3 neurons are explained; "),
        (lambda e, s: judge(e, Q[:9], P, CONCEPTS), "Q: it has 9 rows, but P has 20; "),
    ],
)
def test_what_does_not_fit_when_testing_is_told_in_one_line(call, message):
    explained = explain(P, Q, CONCEPTS, SPLIT, top_k=5)
    with pytest.raises(LinexpError, match=message) as error:
        call(explained, simulate(explained, P, CONCEPTS))
    assert "\n" not in str(error.value)
