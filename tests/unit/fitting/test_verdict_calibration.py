"""On made-up layers verdicts keep to their level of false discoveries, and find what was planted."""

import numpy as np
import pytest

from helpers.judged import CONCEPT, Layer, two_views
from linexp.explanations import Explanation
from linexp.fitting.linear import explain
from linexp.fitting.random_concepts import random_concepts

N, ENDS, M, NEURONS, LAYERS = 1000, (600, 700), 40, 30, 24
SEARCH = {"search": {"max_concepts": 3, "beam": 2}}


def _low_rank(rng: np.random.Generator, n: int = N) -> Layer:
    """Neurons that are mixtures of three combinations of concepts."""
    p, other = two_views(rng, n, M)
    q = p @ rng.normal(size=(M, 3)) @ rng.normal(size=(3, NEURONS)) + 0.3 * rng.normal(size=(n, NEURONS))
    return Layer(p, other, q.astype(np.float32), ENDS)


def _sparse(rng: np.random.Generator) -> Layer:
    """Neurons that are active on one image of a thousand, where their concepts are."""
    p, other = two_views(rng, 4000, M)
    q = p @ rng.normal(size=(M, NEURONS)) + rng.normal(size=(4000, NEURONS))
    return Layer(p, other, np.maximum(q - np.quantile(q, 0.999, axis=0), 0).astype(np.float32), (2000, 2400))


def _classes(rng: np.random.Generator) -> Layer:
    """Images of twelve classes, which concepts and neurons both follow."""
    of_class = rng.integers(12, size=N)
    p, other = two_views(rng, N, M)
    shared = rng.random((12, M)) ** 3
    views = [((view + 2 * shared[of_class]) / 3).astype(np.float32) for view in (p, other)]
    q = rng.normal(size=(12, NEURONS))[of_class] + rng.normal(size=(N, NEURONS))
    return Layer(*views, q.astype(np.float32), ENDS)


def _each_its_own(rng: np.random.Generator) -> Layer:
    """Neurons of five concepts each."""
    p, other = two_views(rng, N, M)
    weights = rng.normal(size=(M, NEURONS)) * (rng.random((M, NEURONS)) < 5 / M)
    return Layer(p, other, (p @ weights + 0.2 * rng.normal(size=(N, NEURONS))).astype(np.float32), ENDS)


KINDS = {"low rank": _low_rank, "sparse": _sparse, "classes": _classes, "each its own": _each_its_own}


def _of_random_concepts(layer: Layer, seed: int):
    reference = [Explanation(neuron, ["x"] * (1 + neuron % 3), [1.0] * (1 + neuron % 3)) for neuron in range(NEURONS)]
    return random_concepts(layer.problem(), reference, 1000 + seed)


@pytest.mark.parametrize("kind", KINDS)
def test_concepts_that_nobody_chose_are_no_more_often_explained_than_the_level_says(kind):
    found, p, predicts = [], [], 0
    for seed in range(LAYERS):
        layer = KINDS[kind](np.random.default_rng(seed))
        table = layer.judged(_of_random_concepts(layer, seed), seed=seed)
        found.append((table["verdict"] == "explained").any())
        predicts += (table["verdict"] == "predicts_only").sum()
        p.append(table["p_chosen"])
    assert sum(found) <= 4  # P(more than 4 of 24) < .01 at the level of .05
    assert np.mean(np.concatenate(p) <= 0.05) <= 0.08
    assert predicts > 0 or kind == "sparse"  # so a permutation test alone would not do


@pytest.mark.parametrize("kind", ["low rank", "sparse"])
def test_what_was_searched_for_noise_predicts_nothing(kind):
    """The neurons of one layer, explained on its train images, on images of which they know nothing."""
    found = []
    for seed in range(LAYERS):
        rng = np.random.default_rng(seed)
        layer = KINDS[kind](rng)
        unrelated = Layer(layer.p, layer.p_simulated, layer.q[rng.permutation(len(layer.q))], layer.ends)
        explained = explain(unrelated.problem(), SEARCH | {"search": {"length": 2}})
        table = unrelated.judged(explained, ridge=0.01, seed=seed)
        found.append(table["verdict"].isin(["explained", "predicts_only"]).any())
    assert sum(found) <= 5  # two tests at the level of .05


def _planted(noise: float, seed: int = 0) -> Layer:
    """Neurons of one to three concepts, with noise of `noise` standard deviations of the signal."""
    rng = np.random.default_rng(seed)
    p, other = two_views(rng, 2000, M)
    weights = np.zeros((M, NEURONS))
    for neuron in range(NEURONS):
        chosen = rng.choice(M, 1 + neuron % 3, replace=False)
        weights[chosen, neuron] = 1 / p[:, chosen].std(axis=0)
    signal = p @ weights
    q = signal + noise * signal.std(axis=0) * rng.normal(size=signal.shape)
    return Layer(p, other, q.astype(np.float32), (1400, 1600))


def test_planted_neurons_are_explained_where_noise_is_no_more_than_the_signal():
    for noise in (0.0, 0.5, 1.0):
        layer = _planted(noise)
        table = layer.judged(explain(layer.problem(), SEARCH), ridge=0.01)
        assert (table["verdict"] == "explained").mean() >= 0.95
        assert (table["null_p95"] > table["null_mean"]).all()


def test_without_a_ridge_or_with_positive_weights_alone_they_are_explained_too():
    layer = _planted(0.5)
    for settings, fit in (
        ({"lambda": 0.05, "alpha": 0.99, "greedy": {"max_concepts": 3, "width": 10, "tolerance": 0.02}}, {}),
        ({"search": {"max_concepts": 3, "positive": True}}, {"ridge": 0.01, "positive": True}),
    ):
        table = layer.judged(explain(layer.problem(), settings), **fit)
        assert (table["verdict"] == "explained").mean() >= 0.95


def test_a_single_concept_is_judged_among_all_single_concepts():
    layer = _planted(0.5)
    truth = np.abs(np.corrcoef(layer.p.T, layer.q.T)[:M, M:]).argmax(axis=0)
    single = [Explanation(neuron, [CONCEPT(truth[neuron])], [1.0]) for neuron in range(NEURONS)]
    table = layer.judged(single, ridge=None)
    # each concept is drawn about 50 times, so p of the best of 40 is about 1/40
    assert table["p_chosen"].min() > 0.015 and (table["p_chosen"] < 0.04).mean() > 0.5
    assert (table["verdict"] == "explained").mean() > 0.5


def test_twins_duplicates_and_dead_neurons():
    layer = _planted(0.5)
    q = layer.q.copy()
    q[:, 1] = 3 * q[:, 0] + 2  # a twin
    q[:, 2] = 0
    p, other = (np.column_stack([view, view[:, :5]]) for view in (layer.p, layer.p_simulated))  # concepts twice
    layer = Layer(p, other, q, layer.ends)
    explained = explain(layer.problem(), SEARCH)
    table = layer.judged(explained, ridge=0.01)
    assert table.loc[[0, 1], "verdict"].tolist() == ["explained", "explained"]
    np.testing.assert_allclose(table.loc[0, "p_chosen"], table.loc[1, "p_chosen"], atol=0.002)
    assert table.loc[0, "others_p95"] > 0.1
    assert explained[2].status == "constant" and table.loc[2].drop("neuron").isna().all()
    assert (table.drop(index=2)["verdict"] == "explained").mean() >= 0.9
