"""What a layer opens on, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from linexp.artifacts import store
from linexp.explanations import Explanation
from linexp.explorer.headline import best_methods, headlines
from linexp.explorer.layer import Explained, Shown
from linexp.explorer.layer_overview import difference, overview_of, scale_place, sentence
from linexp.explorer.trust import failed_checks
from linexp.scoring import summary
from linexp.scoring.sanity import SINGLE_CONCEPT, TESTS

METHODS = ["a", "b"]
# neuron: verdict, correlation and length by a, the same by b, best method, why b does not explain it
NEURONS = [
    ("explained", 0.81, 2, "explained", 0.6, 1, "a"),
    ("predicts_only", 0.3, 4, "explained", 0.42, 1, "b"),
    ("explained", 0.71, 12, "not_above_chance", 0.05, 1, "a"),
    ("not_above_chance", 0.1, 3, "predicts_only", 0.16, 1, "b"),
    ("unexplained", None, 0, "unexplained", None, 0, None),
    ("constant", None, 0, "constant", None, 0, None),
]
NUMBERS = [3, 4, 7, 8, 10, 11]


@pytest.fixture(scope="module")
def scores():
    rows = []
    for place, method in enumerate(METHODS):
        for number, (*of_methods, best) in zip(NUMBERS, NEURONS, strict=True):
            verdict, correlation, length = of_methods[3 * place : 3 * place + 3]
            rows.append(
                {
                    "method": method,
                    "simulator": "sim",
                    "neuron": number,
                    "verdict": verdict,
                    "correlation": correlation,
                    "n_concepts": length,
                    "best_method": best,
                    "null_mean": 0.05,
                    "null_p95": 0.12 if correlation is not None else None,
                    "dead": number == 11,
                    "ceiling_search": 0.1,
                    "why_not": None if verdict == "explained" else "simulator",
                    "verdict_flips": None,
                    "status": "ok" if correlation is not None else verdict,
                }
            )
    return pd.DataFrame(rows).astype({"correlation": float, "null_p95": float})


@pytest.fixture(scope="module")
def explained():
    by_method = {method: [Explanation(number) for number in NUMBERS] for method in METHODS}
    return Explained(np.array(NUMBERS, np.int32), by_method, ["b"], np.array([False] * 5 + [True]))


@pytest.fixture(scope="module")
def overview(scores, explained):
    shown = Shown("net / x", "sim", [], 0, store.Provenance("t", {}, "f"), {"a": "The first", "b": "The second"})
    means = summary.summarise(scores, ["correlation"]).replace("", None)
    return overview_of(shown, explained, scores, means, summary.compare(scores, {"correlation": True}))


def test_a_neuron_is_told_of_by_its_best_method_or_by_the_main_one(scores, explained):
    ours = scores.set_index("neuron")
    best = best_methods(ours, explained)
    assert best[:4].tolist() == ["a", "b", "a", "b"] and best[4:].isna().all()
    rows = headlines(ours, explained)
    assert rows.index.tolist() == NUMBERS
    assert rows["method"].tolist() == ["a", "b", "a", "b", "b", "b"]


def test_methods_are_ranked_by_their_means_and_compared_on_the_same_neurons(overview):
    rows = overview["ranking"]["rows"]
    of_a, of_b = np.array([0.81, 0.3, 0.71, 0.1, 0, 0]), np.array([0.6, 0.42, 0.05, 0.16, 0, 0])
    assert [row["title"] for row in rows] == ["The first", "The second"]
    assert [row["mean"] for row in rows] == pytest.approx([of_a.mean(), of_b.mean()])
    assert [row["explained"] for row in rows] == [2, 2]
    assert rows[0]["null"] == pytest.approx((0.05, 0.12))
    assert rows[0]["against"][0] is None
    assert rows[0]["against"][1]["difference"] == pytest.approx((of_a - of_b).mean())
    assert rows[1]["against"][0]["difference"] == pytest.approx((of_b - of_a).mean())
    assert "The first predicts best, but not beyond doubt: The second may be as good" in sentence(overview["ranking"])


@pytest.mark.parametrize(("low", "high", "sure"), [(0.1, 0.3, 1), (-0.1, 0.3, 0), (-0.3, -0.1, -1)])
def test_a_difference_is_sure_if_its_interval_leaves_zero_out_in_both_directions(low, high, sure):
    row = {"method_a": "a", "method_b": "b", "difference": (low + high) / 2, "low": low, "high": high}
    comparison = pd.DataFrame([row])
    there, back = difference(comparison, "a", "b"), difference(comparison, "b", "a")
    assert there == {"difference": row["difference"], "low": low, "high": high, "sure": sure}
    assert back == {"difference": -row["difference"], "low": -high, "high": -low, "sure": -sure}
    assert difference(comparison, "a", "c") is None


def test_neurons_that_beat_chance_are_counted_by_length_and_the_others_by_what_is_known(overview):
    assert (overview["explained"], overview["neurons"]) == (3, 6)
    counts = {one["concepts"]: one["count"] for one in overview["by_length"]}
    assert counts == {"1": 1, "2": 1, "3": 0, "4": 0, "5": 0, "6": 0, "7": 0, "8+": 1}
    assert overview["by_length"][1]["href"] == "#status=explained&length=2..2"
    assert overview["by_length"][-1]["href"] == "#status=explained&length=8.."
    groups = {one["href"]: one["count"] for one in overview["groups"]}
    assert groups == {"#status=predicts_only": 1, "#status=unexplained": 1, "#status=constant": 1, "#status=dead": 1}
    none = overview["by_none"]
    assert none["count"] == 3
    assert none["reasons"] == [{"reason": "simulator", "count": 3, "href": "#status=by_none&why=simulator"}]


def test_the_distribution_counts_each_neuron_with_a_score_once(overview):
    bins = overview["distribution"]
    assert sum(one["count"] for one in bins) == sum(one["chance"] for one in bins) == 4
    for value in (0.81, 0.42, 0.71, 0.16):
        (holding,) = [one for one in bins if one["low"] <= value < one["high"]]
        assert holding["count"] == 1
    assert (bins[0]["low"], bins[-1]["high"]) == (0, 1)


def test_places_on_a_scale_are_in_percent_of_it():
    assert [scale_place(value, -0.25) for value in (-0.5, -0.25, 0, 1)] == [0, 0, 20, 100]


def test_metrics_that_fail_their_checks_are_told_with_both_shares():
    rows = [
        ("a", "sim", "auc", 0.9512, 0.4961), ("b", "sim", "auc", 0.97, 0.99), ("a", "other", "auc", 0.2, 0.2),
        ("a", "sim", "correlation", 1.0, 1.0), (SINGLE_CONCEPT, None, "iou", 0.625, 1.0), ("b", "sim", "iou", 1.0, 1.0),
    ]  # fmt: skip
    table = pd.DataFrame(
        [
            (explanation, simulator, metric, test, share, share >= 0.9)
            for explanation, simulator, metric, *shares in rows
            for test, share in zip(TESTS, shares, strict=True)
        ],
        columns=["explanation", "simulator", "metric", "test", "share_passed", "passed"],
    )
    found = failed_checks(table, ["a", "b"], "sim")
    assert set(found) == {"auc", "iou"} and set(found["auc"]) == set(found["iou"]) == {"a"}
    assert "95 % of neurons" in found["auc"]["a"] and "50 % when wrong ones" in found["auc"]["a"]
    assert "62 % of neurons" in found["iou"]["a"], "of single concepts, as the method is not checked itself"
