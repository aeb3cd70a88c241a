"""Every metric equals a computation one neuron at a time; undefined scores are NaN and no warning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from linexp.metrics import METRICS, columns, scores_of
from linexp.metrics.columns import Ranking, present, top_images
from linexp.metrics.metric import BLOCK

SCORED = [name for name, metric in METRICS.items() if metric.score]
TRUSTED = ["correlation", "ablation_optim", "ablation_norm", "cosine", "auprc", "f1", "iou"]
DOUBTFUL = ["spearman", "recall", "auc", "inverse_auc", "mad", "top_and_random_correlation"]


def top_of_one(activation: np.ndarray, fraction: float = 0.05) -> np.ndarray:
    """B: take the images from the top, one group of ties after the other, as long as the group fits."""
    size = max(1, round(fraction * len(activation)))
    chosen = np.zeros(len(activation), bool)
    for value in sorted(set(activation), reverse=True):
        tied = activation == value
        if chosen.any() and chosen.sum() + tied.sum() > size:
            break
        chosen |= tied
    return chosen


def concept_of_one(simulated: np.ndarray) -> np.ndarray:
    return simulated >= (simulated.min() + simulated.max()) / 2


def top_and_random_of_one(s: np.ndarray, a: np.ndarray) -> float:
    shuffled = np.random.default_rng(0).permutation(len(a))
    size = min(25, len(a) // 2)
    top = sorted(range(len(a)), key=lambda place: -a[shuffled[place]])[:size]
    others = [place for place in range(len(a)) if place not in top][:size]
    images = shuffled[top + others]
    if np.ptp(s[images]) == 0 or np.ptp(a[images]) == 0:
        return np.nan
    return np.corrcoef(s[images], a[images])[0, 1]


def mean_difference_of_one(s: np.ndarray, a: np.ndarray) -> float:
    concept = concept_of_one(s)
    return (a[concept].mean() - a[~concept].mean()) / a.std()


OF_ONE_NEURON = {
    "correlation": lambda s, a: stats.pearsonr(s, a).statistic,
    "cosine": lambda s, a: sklearn_metrics.pairwise.cosine_similarity([s], [a]).item(),
    "auprc": lambda s, a: sklearn_metrics.average_precision_score(top_of_one(a), s),
    "f1": lambda s, a: sklearn_metrics.f1_score(top_of_one(a), concept_of_one(s)),
    "iou": lambda s, a: sklearn_metrics.jaccard_score(top_of_one(a), concept_of_one(s)),
    "spearman": lambda s, a: stats.spearmanr(s, a).statistic,
    "recall": lambda s, a: sklearn_metrics.recall_score(top_of_one(a), concept_of_one(s)),
    "auc": lambda s, a: sklearn_metrics.roc_auc_score(top_of_one(a), s),
    "inverse_auc": lambda s, a: sklearn_metrics.roc_auc_score(concept_of_one(s), a),
    "mad": mean_difference_of_one,
    "top_and_random_correlation": top_and_random_of_one,
}


def test_the_registry_has_the_metrics_in_order_and_says_which_are_doubtful():
    assert list(METRICS) == TRUSTED + DOUBTFUL
    assert [name for name, metric in METRICS.items() if metric.trusted] == TRUSTED
    assert [name for name, metric in METRICS.items() if metric.score is None] == ["ablation_optim", "ablation_norm"]
    assert all(metric.name == name for name, metric in METRICS.items())
    assert all(metric.formula and metric.source and "\n" not in metric.formula for metric in METRICS.values())
    assert set(OF_ONE_NEURON) == set(SCORED)


@pytest.mark.parametrize("name", SCORED)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(5, 120),
    n_neurons=st.integers(1, 4),
    step=st.sampled_from([1, 1 / 8, 2**-20]),  # 1: many ties
    kind=st.sampled_from(["normal", "sparse", "concept"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_a_metric_is_what_a_library_or_a_loop_gives_for_each_neuron(name, seed, n, n_neurons, step, kind, dtype):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n_neurons))
    s = a + rng.normal(size=a.shape)
    if kind == "sparse":
        a = np.maximum(a - 1, 0)
    a = (np.rint(a / step) * step).astype(dtype)
    s = (s > 0.5).astype(dtype) if kind == "concept" else (np.rint(s / step) * step).astype(dtype)
    scores = METRICS[name].score(s, a)
    assert scores.shape == (n_neurons,) and scores.dtype == np.float64
    for neuron in range(n_neurons):
        of_one = s[:, neuron].astype(float), a[:, neuron].astype(float)
        varies = np.ptp(of_one[0]) > 0 and np.ptp(of_one[1]) > 0
        expected = OF_ONE_NEURON[name](*of_one) if varies else np.nan
        np.testing.assert_allclose(scores[neuron], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SCORED)
def test_the_score_of_a_neuron_does_not_depend_on_the_others_however_many(name):
    rng = np.random.default_rng(1)
    a = rng.normal(size=(60, BLOCK + 3)).astype(np.float32)
    s = a + rng.normal(size=a.shape).astype(np.float32)
    s[:, 1] = a[:, 2] = 0
    scores = METRICS[name].score(s, a)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(scores)), [1, 2])
    some = [0, 3, BLOCK - 1, BLOCK, BLOCK + 2]
    np.testing.assert_allclose(scores[some], [METRICS[name].score(s[:, [j]], a[:, [j]])[0] for j in some], rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
def test_all_metrics_at_once_give_what_each_gives_alone_and_leave_the_arrays_as_they_were(threads):
    rng = np.random.default_rng(8)
    a = np.maximum(rng.normal(size=(70, 2 * BLOCK + 1)), 0).astype(np.float32)
    s = np.rint(a + rng.normal(size=a.shape)).astype(np.float32)
    before = s.copy(), a.copy()
    scores = scores_of(METRICS, s, a, threads)
    np.testing.assert_array_equal((s, a), before)
    assert list(scores) == SCORED
    for name in SCORED:
        np.testing.assert_array_equal(scores[name], METRICS[name].score(s, a))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 50), step=st.sampled_from([1, 2**-20]))
def test_a_ranking_is_that_of_scipy(seed, n, step):
    values = np.rint(np.random.default_rng(seed).normal(size=(3, n)) / step) * step
    ranking = Ranking.of(values)
    np.testing.assert_array_equal(ranking.ranks, stats.rankdata(values, axis=1))
    np.testing.assert_array_equal(ranking.values, np.sort(values, axis=1))
    np.testing.assert_array_equal(np.take_along_axis(values, ranking.order, axis=1), ranking.values)
    lowest = stats.rankdata(values, method="min", axis=1) - 1
    np.testing.assert_array_equal(ranking.lower, np.take_along_axis(lowest, ranking.order, axis=1))


@pytest.mark.parametrize("name", SCORED)
@pytest.mark.filterwarnings("error")
def test_a_score_is_nan_where_either_side_is_constant_and_only_there(name):
    varied = np.random.default_rng(2).normal(size=50).astype(np.float32)
    third = np.full(50, 1 / 3, np.float32)
    rounding = third.copy()
    rounding[::2] = np.nextafter(third[::2], 1)
    still = [np.zeros(50, np.float32), third, rounding]
    simulated = np.column_stack([varied, *still, *[varied] * 3, third, varied])
    activations = np.column_stack([varied, *[varied] * 3, *still, third, -varied])
    scores = METRICS[name].score(simulated, activations)
    np.testing.assert_array_equal(np.isnan(scores), [False, *[True] * 7, False])
    assert np.isnan(METRICS[name].score(simulated[:, 1:3], activations[:, 1:3])).all()
    assert METRICS[name].score(simulated[:, :0], activations[:, :0]).shape == (0,)


@pytest.mark.parametrize("name", SCORED)
def test_a_perfect_simulation_has_the_best_score_and_a_reversed_one_a_low_one(name):
    a = np.random.default_rng(3).exponential(size=(200, 3))
    metric = METRICS[name]
    # f1, iou and recall compare B with T, which is another set unless the simulation is a concept
    best = None if name in ("f1", "iou", "recall", "mad") else 1
    perfect, reverse = metric.score(a, a), metric.score(-a, a)
    assert (perfect > reverse).all() == metric.higher_is_better
    if best is not None:
        np.testing.assert_allclose(perfect, best, rtol=1e-12)
    if metric.bounds:
        low, high = metric.bounds
        assert (low - 1e-12 <= reverse).all() and (perfect <= high + 1e-12).all()


@pytest.mark.parametrize("name", SCORED)
def test_scores_depend_neither_on_the_scale_of_a_simulation_nor_but_for_the_cosine_on_its_offset(name):
    rng = np.random.default_rng(4)
    a = rng.normal(size=(90, 3))
    s = a + rng.normal(size=a.shape)
    score = METRICS[name].score
    np.testing.assert_allclose(score(3 * s, 7 * a), score(s, a), rtol=1e-9)
    assert np.allclose(score(s + 5, a), score(s, a), rtol=1e-9) == (name != "cosine")


@pytest.mark.parametrize("name", [name for name in SCORED if name != "top_and_random_correlation"])
def test_the_order_of_the_images_does_not_matter_even_with_ties(name):
    rng = np.random.default_rng(5)
    a, s = rng.integers(0, 6, (80, 4)), rng.integers(0, 6, (80, 4))
    order = rng.permutation(80)
    np.testing.assert_allclose(METRICS[name].score(s[order], a[order]), METRICS[name].score(s, a), rtol=1e-12)


@pytest.mark.parametrize(
    ("activation", "fraction", "expected"),
    [
        ([5, 4, 3, 2, 1, 0, 0, 0, 0, 0], 0.3, [0, 1, 2]),
        ([5, 4, 4, 2, 1, 0, 0, 0, 0, 0], 0.3, [0, 1, 2]),  # the tied ones fit
        ([5, 4, 4, 4, 1, 0, 0, 0, 0, 0], 0.3, [0]),  # they do not, and one lies above
        ([4, 4, 4, 4, 1, 0, 0, 0, 0, 0], 0.3, [0, 1, 2, 3]),  # they do not, and none lies above
        ([0, 0, 2, 0, 0, 0, 0, 0, 0, 0], 0.3, [2]),  # silent images are never among the top
        ([-3, -1, -2, -9, -8], 0.05, [1]),  # at least one
        ([1, 2, 3], 0.99, [1, 2]),  # never all
    ],
)
def test_the_most_activating_images_with_ties(monkeypatch, activation, fraction, expected):
    monkeypatch.setattr(columns, "TOP_FRACTION", fraction)
    top = top_images(np.array([activation]), np.sort([activation], axis=1))
    np.testing.assert_array_equal(np.flatnonzero(top), expected)


def test_about_a_twentieth_of_the_images_are_among_the_most_activating():
    a = np.random.default_rng(6).normal(size=(2, 2000))
    np.testing.assert_array_equal(top_images(a, np.sort(a, axis=1)).sum(axis=1), [100, 100])


def test_a_concept_is_present_from_half_way_between_the_lowest_and_the_highest_value():
    simulated = np.array([[0.0, 1.0, 0.0, 1.0], [2.0, 3.0, 4.0, 2.9], [-4.0, -2.0, 0.0, -3.0]])
    expected = [[0, 1, 0, 1], [0, 1, 1, 0], [0, 1, 1, 0]]
    np.testing.assert_array_equal(present(simulated), np.array(expected, bool))


def test_top_and_random_correlation_of_50_images_is_that_of_all():
    rng = np.random.default_rng(7)
    a = rng.normal(size=(50, 3))
    s = a + rng.normal(size=a.shape)
    scores = [METRICS[name].score(s, a) for name in ("top_and_random_correlation", "correlation")]
    np.testing.assert_allclose(*scores, rtol=1e-12)
