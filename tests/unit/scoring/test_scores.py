"""Simulation is Eq. 9, correlation scoring Eq. 10; undefined scores are missing with a reason."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.literal import literal_simulation, standardised
from linexp.metrics import METRICS
from linexp.scoring import simulation
from linexp.scoring.scores import (
    ABLATION,
    CEILING,
    correlation_of_images,
    map_iou,
    score_table,
    with_ablation,
    with_verdicts,
)
from linexp.scoring.simulation import simulate

correlation_scores = METRICS["correlation"].score


def _unit(rng: np.random.Generator, n: int, dim: int = 6) -> np.ndarray:
    values = rng.normal(size=(n, dim))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


@pytest.mark.parametrize("rows", [1, 4, 30])
def test_a_simulation_is_the_sum_of_equation_9(monkeypatch, rows):
    monkeypatch.setattr(simulation, "ROWS", 7)
    rng = np.random.default_rng(0)
    images, concepts = _unit(rng, 30), _unit(rng, 5)
    explanations = [{0: 2.1, 3: 1.4}, {}, {1: 1.0}, {0: -0.7, 1: 0.2, 4: 3.0}]  # nobody uses concept 2
    weights = np.array([[explanation.get(c, 0.0) for explanation in explanations] for c in range(5)])
    blocks = (images[begin : begin + rows] for begin in range(0, 30, rows))
    simulated = list(simulate(blocks, concepts, weights, 12.0, -0.1))
    assert max(map(len, simulated)) == min(rows, 7) and simulated[0].dtype == np.float32
    expected = [literal_simulation(images, concepts, e, 12.0, -0.1) for e in explanations]
    np.testing.assert_allclose(np.concatenate(simulated), np.transpose(expected), rtol=1e-6, atol=1e-6)


def test_single_precision_changes_no_correlation_by_more_than_a_millionth():
    rng = np.random.default_rng(7)
    images, concepts = _unit(rng, 3000, 64), _unit(rng, 40, 64)
    weights = rng.gamma(1, 1, (40, 30)) * (rng.random((40, 30)) < 0.1)
    weights[0] += 0.1
    single, double = (
        np.concatenate(list(simulate([images.astype(dtype)], concepts.astype(dtype), weights, 117.3, -0.11)))
        for dtype in (np.float32, np.float64)
    )
    assert single.dtype == np.float32 and (single != double).any()
    np.testing.assert_allclose(single, double, atol=1e-4)
    activations = double + double.std(axis=0) * rng.normal(size=double.shape)
    scores = [correlation_scores(simulated, activations) for simulated in (single, double)]
    assert (scores[1] > 0.5).all()
    np.testing.assert_allclose(*scores, atol=1e-6)


def test_a_simulation_without_any_concept_is_zero():
    images = _unit(np.random.default_rng(1), 9)
    (simulated,) = simulate([images], np.empty((0, 6)), np.empty((0, 3)), 12.0, -0.1)
    np.testing.assert_array_equal(simulated, np.zeros((9, 3)))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(3, 60),
    n_neurons=st.integers(1, 5),
    offset=st.sampled_from([0.0, 30.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_scores_are_pearsons_correlations(seed, n, n_neurons, offset, dtype):
    rng = np.random.default_rng(seed)
    activations = (offset + rng.normal(size=(n, n_neurons))).astype(dtype)
    simulated = (activations + rng.normal(size=activations.shape) * 10 ** rng.uniform(-1, 1)).astype(dtype)
    expected = [
        np.corrcoef(s, q)[0, 1] for s, q in zip(simulated.T.astype(float), activations.T.astype(float), strict=True)
    ]
    np.testing.assert_allclose(correlation_scores(simulated, activations), expected, atol=1e-9)


def test_scores_do_not_depend_on_scale_and_shift_but_on_sign():
    q = np.random.default_rng(2).normal(size=(50, 1))
    assert correlation_scores(3 * q + 8, q)[0] == pytest.approx(1)
    assert correlation_scores(-0.1 * q, q)[0] == pytest.approx(-1)


@pytest.mark.filterwarnings("error")
def test_a_score_is_undefined_where_either_side_is_constant():
    varied = np.random.default_rng(3).normal(size=50).astype(np.float32)
    zero, third = np.zeros(50, np.float32), np.full(50, 1 / 3, np.float32)
    rounding = third.copy()
    rounding[::2] = np.nextafter(third[::2], 1)
    others = [zero, third, rounding]
    simulated = np.column_stack([varied, *others, *[varied] * 3, third])
    activations = np.column_stack([varied, *[varied] * 3, *others, third])
    scores = correlation_scores(simulated, activations)
    assert scores[0] == pytest.approx(1)
    assert np.isnan(scores[1:]).all()


def _explanations(*rows: tuple[int, list[str], str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["neuron", "concepts", "status"], dtype=object)


def test_every_row_of_a_score_table_has_its_score_or_the_reason_why_not():
    rng = np.random.default_rng(4)
    varied = rng.normal(size=40)
    noisy = varied + rng.normal(size=40)
    still = np.full(40, 2.0)
    cases = [  # neuron, concepts, status before, simulated, activation, dead, status after, defined
        (4, ["a", "b"], "ok", varied, noisy, False, "ok", True),
        (5, ["a"], "ok", still, noisy, False, "constant_simulation", False),
        (6, [], "unexplained", 0 * still, noisy, False, "unexplained", False),
        (7, ["a"], "ok", varied, still, True, "constant", False),
        (8, [], "constant", 0 * still, still, True, "constant", False),
        (9, ["a"], "ok", still, still, True, "constant", False),
        (10, [], "missing", 0 * still, noisy, True, "missing", False),
        (11, ["a", "b", "c"], "not_converged", varied, noisy, False, "not_converged", True),
        (12, [], "unexplained", 0 * still, still, False, "constant", False),
    ]
    neuron, concepts, before, simulated, activations, dead, after, defined = zip(*cases, strict=True)
    explanations = _explanations(*zip(neuron, concepts, before, strict=True))
    table = score_table(explanations, np.transpose(simulated), np.transpose(activations), np.array(dead))
    assert table["neuron"].tolist() == list(neuron)
    assert table["status"].tolist() == list(after)
    assert table["dead"].tolist() == list(dead)
    assert table["n_concepts"].tolist() == [len(c) for c in concepts]
    assert table["correlation"].notna().tolist() == list(defined)
    expected = np.corrcoef(varied, noisy)[0, 1]
    np.testing.assert_allclose(table["correlation"].dropna(), expected, rtol=1e-12)
    assert explanations["status"].tolist() == list(before)


def test_how_often_a_neuron_is_above_0_and_its_mean_are_counted_on_test():
    activations = np.array([[0.0, 3.0, -1.0], [0.0, 0.0, -1.0], [0.0, 5.0, 2.0], [0.0, 0.0, -4.0]])
    explanations = pd.DataFrame({"neuron": [0, 1, 2], "status": "ok", "concepts": [["a"]] * 3})
    table = score_table(explanations, activations + 1, activations, np.array([True, False, False]))
    assert table["frequency"].tolist() == [0, 0.5, 0.25]
    assert table["mean_activation"].tolist() == [0, 2, -1]


def test_a_score_table_has_every_metric_that_simulations_tell():
    simulated, activations = np.random.default_rng(6).normal(size=(2, 60, 3))
    table = score_table(_explanations(*[(n, ["a"], "ok") for n in range(3)]), simulated, activations, np.zeros(3, bool))
    by_simulation = [name for name, metric in METRICS.items() if metric.score]
    of_the_neuron = ["neuron", "status", "dead", "n_concepts", "frequency", "mean_activation"]
    assert list(table) == [*of_the_neuron, *by_simulation]
    assert set(METRICS) - set(by_simulation) == {"ablation_optim", "ablation_norm"} <= set(ABLATION)
    for name in by_simulation:
        np.testing.assert_array_equal(table[name], METRICS[name].score(simulated, activations))


def test_ablation_stands_beside_the_scores_of_its_method_simulator_and_neuron():
    keys = [(method, simulator, neuron) for method in "ab" for simulator in "st" for neuron in (3, 1)]
    scores = pd.DataFrame(keys, columns=["method", "simulator", "neuron"]).assign(correlation=np.arange(8.0))
    scores = scores.assign(status="unexplained")
    ablation = scores.drop(columns=["correlation", "status"]).assign(
        effect=1.0, **dict.fromkeys(ABLATION, np.arange(8.0))
    )
    joined = with_ablation(scores, ablation.sample(frac=1, random_state=0)[1:])
    pd.testing.assert_frame_equal(joined[list(scores)], scores)
    assert list(joined) == [*scores, *ABLATION]
    for column in ABLATION:
        assert joined[column].isna().sum() == 1
        assert ((joined[column] == joined["correlation"]) | joined[column].isna()).all()
    at_places = with_ablation(scores, ablation.assign(**{CEILING: 0.5}))
    assert list(at_places) == [*scores, *ABLATION, CEILING] and (at_places[CEILING] == 0.5).all()
    without = with_ablation(scores, None)
    assert list(without) == [*scores, *ABLATION] and without[ABLATION].isna().all(axis=None)


def test_an_explanation_without_an_ablation_score_says_why():
    scores = pd.DataFrame(
        {"method": "a", "simulator": "s", "neuron": range(4), "status": ["ok", "ok", "ok", "constant"]}
    )
    none = dict.fromkeys(ABLATION, np.nan)
    ablation = scores.drop(columns="status").assign(**none, effect=[0.5, 1e-9, 0.5, 0.0])
    ablation.loc[0, "ablation_norm"] = 0.1
    assert with_ablation(scores, ablation)["status"].tolist() == ["ok", "no_effect", "constant_simulation", "constant"]


def test_a_neuron_that_varies_by_rounding_only_is_constant_and_not_its_simulation():
    rounding = np.full((40, 1), 1 / 3, np.float32)
    rounding[::2] = np.nextafter(rounding[::2], 1)
    simulated = np.random.default_rng(5).normal(size=(40, 1))
    table = score_table(_explanations((0, ["a"], "ok")), simulated, rounding, np.array([False]))
    assert table["status"].tolist() == ["constant"]
    assert table["correlation"].isna().all()


def test_scores_are_the_mean_product_of_standardised_columns():
    """Eq. 10 as it is written."""
    rng = np.random.default_rng(10)
    s, q = rng.normal(size=(2, 70, 3))
    by_hand = [sum(a * b) / 70 for a, b in zip(standardised(s).T, standardised(q).T, strict=True)]
    np.testing.assert_allclose(correlation_scores(s, q), by_hand, atol=1e-13)


def test_the_correlation_of_images_is_that_of_means_over_their_places():
    s, q = np.random.default_rng(0).normal(size=(2, 12, 3)).astype(np.float32)
    found = correlation_of_images(s, q, 4)
    for neuron in range(3):
        means = [[values[4 * image : 4 * image + 4, neuron].mean() for image in range(3)] for values in (s, q)]
        assert found[neuron] == pytest.approx(np.corrcoef(*means)[0, 1], abs=1e-5)


def test_pixel_labels_have_no_verdict_where_others_have_the_status():
    rows = {"method": "le", "simulator": ["sim", "pixel_labels"], "neuron": 0, "status": "unexplained"}
    verdicts = pd.DataFrame({"method": ["le"], "simulator": ["sim"], "neuron": [1], "verdict": ["explained"]})
    found = with_verdicts(pd.DataFrame(rows), verdicts)["verdict"]
    assert found[0] == "unexplained" and pd.isna(found[1])


def test_the_iou_of_maps_is_that_of_places_as_high_as_the_highest_of_train():
    rng = np.random.default_rng(0)
    s, q = rng.random((2, 4000, 4)).astype(np.float32)
    s[:, 0] = q[:, 0]
    s[:, 1] = q[:, 1] > 0.9  # twice as many places, half of which are where the neuron is active
    q[:, 2] = s[:, 2] = np.where(q[:, 2] > 0.97, q[:, 2], 0)  # fewer than there could be
    s[:, 3] = 0
    train, test = np.arange(2000), np.arange(2000, 4000)
    found = map_iou(*({"train": values[train], "test": values[test]} for values in (s, q)))
    assert found[[0, 2, 3]].tolist() == [1, 1, 0]
    assert found[1] == pytest.approx(0.5, abs=0.1)
    highest = np.sort(q[train, 1])[-100]
    assert found[1] == pytest.approx((q[test, 1] >= highest).sum() / (q[test, 1] > 0.9).sum())
    nowhere = dict.fromkeys(("train", "test"), np.zeros((2, 1)))
    assert np.isnan(map_iou(nowhere, nowhere))[0]
