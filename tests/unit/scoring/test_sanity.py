"""The sanity checks perturb as published, count as documented, and tell good metrics from bad ones."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from linexp.metrics import METRICS
from linexp.scoring.sanity import TESTS, Checked, best_labels, check, extra_labels, missing_labels, share_passed

CORRELATION, MAD = METRICS["correlation"], METRICS["mad"]


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _labels(n: int, m: int, seed: int = 0) -> np.ndarray:
    labels = np.zeros((n, m), np.uint8)
    labels[np.arange(n), _rng(seed).integers(0, m, n)] = 1
    return labels


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_half_of_the_labels_go_missing_and_none_are_gained(dtype):
    labels = (_rng(1).random((20_000, 3)) < [0.01, 0.3, 1]).astype(dtype)
    perturbed = missing_labels(labels, _rng())
    assert perturbed.dtype == dtype
    assert (perturbed <= labels).all()
    np.testing.assert_allclose(perturbed.sum(axis=0) / labels.sum(axis=0), 0.5, atol=0.11)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_as_many_labels_are_gained_as_there_were_and_none_go_missing(dtype):
    labels = (_rng(1).random((20_000, 3)) < [0.01, 0.1, 0.4]).astype(dtype)
    perturbed = extra_labels(labels, _rng())
    assert perturbed.dtype == dtype
    assert (perturbed >= labels).all() and perturbed.max() == 1
    np.testing.assert_allclose(perturbed.sum(axis=0) / labels.sum(axis=0), 2, atol=0.2)


def test_a_concept_of_most_images_is_gained_by_all_and_a_concept_of_none_by_none():
    labels = np.zeros((10, 3), np.uint8)
    labels[:6, 1] = labels[:, 2] = 1
    np.testing.assert_array_equal(extra_labels(labels, _rng()), [[0, 1, 1]] * 10)


def test_of_probabilities_every_entry_can_go_or_become_1_and_the_sum_is_halved_or_doubled_on_average():
    p = (0.4 * _rng(2).random((50_000, 2)) ** 2).astype(np.float32)
    fewer, more = missing_labels(p, _rng()), extra_labels(p, _rng())
    assert ((fewer == 0) | (fewer == p)).all() and ((more == 1) | (more == p)).all()
    np.testing.assert_allclose(fewer.sum(axis=0) / p.sum(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(more.sum(axis=0) / p.sum(axis=0), 2, atol=0.05)


def test_the_best_label_is_the_one_with_the_highest_correlation():
    rng = _rng(3)
    share = np.array([0.02, 0.05, 0.1, 0.2, 1, 0.4, 0.5])
    labels = (rng.random((300, 7)) < share).astype(np.uint8)
    activations = (labels @ (rng.normal(size=(7, 12)) / share[:, None] ** 0.5)).astype(np.float32)
    weights = best_labels(labels, activations).toarray()
    for neuron in range(12):
        correlations = [np.corrcoef(labels[:, j], activations[:, neuron])[0, 1] for j in range(7) if j != 4]
        np.testing.assert_array_equal(np.delete(weights[:, neuron], 4), np.eye(6)[np.argmax(correlations)])
    assert not weights[4].any()


def test_a_neuron_has_no_best_label_where_none_correlates_positively_or_there_is_none():
    labels = _labels(100, 2)[:, :1]
    activations = np.column_stack([1.0 - labels, labels, np.ones(100)])
    np.testing.assert_array_equal(best_labels(labels, activations).toarray(), [[0, 1, 0]])
    assert best_labels(labels[:, :0], activations).shape == (0, 3)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([0.5, 0.5, 0.5, 0.5], [0.1, 0.4979, 0.4981, 0.9], (0.5, 4)),  # 0.002 is a thousandth of [-1, 1]
        ([0.5, np.nan, 0.5, 0.5], [0.1, 0.1, np.nan, 0.6], (0.5, 2)),  # undefined before or after: not counted
        ([np.nan, 0.5], [0.5, np.nan], (None, 0)),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_metric_passes_for_the_neurons_whose_score_falls_by_a_thousandth_of_the_range(before, after, expected):
    before, after = np.array(before), np.array(after)
    assert share_passed(CORRELATION, before, after) == expected
    reverse = replace(CORRELATION, higher_is_better=False)
    assert share_passed(reverse, -before, -after) == expected


def test_the_range_of_an_unbounded_metric_is_that_of_its_scores():
    before, after = np.array([0.0, 100.0, 50.0, np.nan]), np.array([0.0, 99.95, 49.8, 1e9])
    assert share_passed(MAD, before, after) == (pytest.approx(1 / 3), 3)
    assert share_passed(MAD, before[:1], after[:1]) == (0, 1)


def test_every_neuron_is_simulated_from_concepts_that_are_perturbed_once_for_all():
    seen = []

    def spy(columns):
        seen.append(columns.simulated.T)
        return CORRELATION.of_columns(columns)

    p = 0.6 * _rng(4).random((200, 3), np.float32)
    weights = np.column_stack([np.eye(3), [2.0, 0.0, -0.5]])
    activations = _rng(5).random((200, 4))
    metrics = {"spy": replace(CORRELATION, name="spy", of_columns=spy)}
    table = check("le", p, weights, Checked(activations, 0), metrics)
    assert table["metric"].tolist() == ["spy", "spy"] and table["test"].tolist() == list(TESTS)
    for simulated in seen:
        np.testing.assert_allclose(simulated[:, 3], simulated[:, :3] @ [2.0, 0.0, -0.5], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(seen[0][:, :3], p)
    assert ((seen[1][:, :3] == 0) | (seen[1][:, :3] == p)).all() and (seen[1][:, :3] == 0).any()
    assert ((seen[2][:, :3] == 1) | (seen[2][:, :3] == p)).all() and (seen[2][:, :3] == 1).any()


def _planted(parts: int, n: int = 6000, m: int = 100, n_neurons: int = 80):
    """Labels, and sparse neurons that each respond to some of them: half of the images to choose by, half to test."""
    rng, labels = _rng(6), _labels(n, m, 7)
    weights = np.zeros((m, n_neurons))
    for neuron in range(n_neurons):
        weights[rng.choice(m, parts, replace=False), neuron] = rng.uniform(0.5, 1.5, parts)
    activations = np.maximum(labels @ weights + 0.5 * rng.normal(size=(n, n_neurons)), 0).astype(np.float32)
    return labels, weights, activations


def test_ablation_scores_of_the_same_perturbed_simulations_are_checked_like_any_other():
    rng = np.random.default_rng(0)
    p, weights = rng.random((60, 4)), rng.random((4, 5))
    activations, test = (p @ weights).astype(np.float32), np.arange(20, 60)
    seen = []

    def ablation(simulated, _):
        seen.extend(simulated)
        return {"ablation_norm": np.array([[0.5] * 5, [0.2] * 4 + [0.5], [0.5, 0.6, np.nan, 0.4, 0.4]])}

    table = check("le", p, weights, Checked(activations, 0, test, ablation))
    assert [s.shape for s in seen] == [(60, 5)] * 3
    np.testing.assert_allclose(seen[0], activations, rtol=1e-6)
    missing, extra = table[table["metric"] == "ablation_norm"].itertuples()
    assert (missing.share_passed, missing.neurons) == (0.8, 5)
    assert (extra.share_passed, extra.neurons) == (0.5, 4)
    without = check("le", p, weights, Checked(activations, 0, test))
    others = table[~table["metric"].str.startswith("ablation")].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, without)


def _shares(table: pd.DataFrame) -> pd.DataFrame:
    return table.pivot(index="metric", columns="test", values="share_passed")


def test_single_concepts_tell_the_good_metrics_from_the_bad_ones_as_published():
    labels, _, activations = _planted(parts=3)
    half = len(labels) // 2
    weights = best_labels(labels[:half], activations[:half])
    table = check("single_concept", labels[half:], weights, Checked(activations[half:], 0))
    shares = _shares(table)
    assert (shares.loc[["correlation", "cosine", "auprc"]] >= 0.9).all(axis=None)
    assert (shares.loc[["f1", "iou"], "missing_labels"] >= 0.9).all()
    assert shares.loc["recall", "extra_labels"] == 0 and shares.loc["recall", "missing_labels"] >= 0.9
    assert (shares.loc[["inverse_auc", "mad"], "missing_labels"] < 0.7).all()
    assert (shares.loc[["inverse_auc", "mad"], "extra_labels"] >= 0.9).all()
    assert shares.loc["top_and_random_correlation", "extra_labels"] < 0.7
    np.testing.assert_array_equal(table["passed"], table["share_passed"] >= 0.9)
    assert (table["trusted"] == table["metric"].map(lambda name: METRICS[name].trusted)).all()


def test_f1_and_iou_pass_both_tests_where_a_concept_is_about_as_frequent_as_top_images():
    labels, _, activations = _planted(parts=1, m=20)
    half = len(labels) // 2
    weights = best_labels(labels[:half], activations[:half])
    shares = _shares(check("single_concept", labels[half:], weights, Checked(activations[half:], 0)))
    assert (shares.loc[["correlation", "cosine", "auprc", "f1", "iou"]] >= 0.9).all(axis=None)


def test_linear_explanations_with_the_planted_weights_tell_them_too():
    labels, weights, activations = _planted(parts=3)
    p = np.clip(0.9 * labels + 0.05 * _rng(8).random(labels.shape), 0, 1).astype(np.float32)
    shares = _shares(check("le", p, weights, Checked(activations, 0)))
    assert (shares.loc[["correlation", "cosine", "auprc", "f1", "iou"]] >= 0.9).all(axis=None)
    assert (shares.loc[["inverse_auc", "mad"], "missing_labels"] < 0.7).all()


def test_a_check_depends_on_the_seed_alone():
    labels, weights, activations = _planted(parts=2, n=400, m=10)
    first, again = (check("le", labels, weights, Checked(activations, 3)) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(check("le", labels, weights, Checked(activations, 4)))


@pytest.mark.filterwarnings("error")
def test_neurons_that_do_not_vary_or_have_no_explanation_do_not_count():
    labels, weights, activations = _planted(parts=2, n=600, m=10, n_neurons=5)
    activations[:, 1] = 0
    weights[:, 3] = 0
    table = check("le", labels, weights, Checked(activations, 0))
    assert set(table["metric"]) == {name for name, metric in METRICS.items() if metric.score}
    trusted = table[table["trusted"]]
    np.testing.assert_array_equal(trusted["neurons"], 3)
    nothing = check("le", labels[:, :0], weights[:0], Checked(activations, 0))
    assert (nothing["neurons"] == 0).all()
    assert nothing["share_passed"].isna().all() and nothing["passed"].isna().all()
