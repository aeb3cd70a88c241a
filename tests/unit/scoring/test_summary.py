"""A summary has means of every metric with their uncertainty; pairs of methods are compared on the same neurons."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from linexp.scoring.summary import compare, summarise

WHY_NOT = [f"why_not_{reason}" for reason in ("too_short", "simulator", "explainer", "no_word", "neuron")]
METRICS = ["correlation", "mad"]
SHARES = ("explained", "predicts_only", "best", "verdict_flips", "correlation_best")


def _scores(method: str, correlation, dead=None, simulator: str = "sim", **more) -> pd.DataFrame:
    correlation = np.asarray(correlation, float)
    n = len(correlation)
    return pd.DataFrame(
        {
            "method": method,
            "simulator": simulator,
            "neuron": np.arange(10, 10 + n, dtype=np.int32),
            "correlation": correlation,
            "dead": np.zeros(n, bool) if dead is None else dead,
            "n_concepts": np.arange(n, dtype=np.int32) % 4,
            "verdict": "not_above_chance",
            "best_method": "le",
            "verdict_flips": None,
        }
        | {"mad": 2 * correlation}
        | more
    )


def _rows(scores: pd.DataFrame, *arguments, **more) -> list[dict]:
    return summarise(scores, METRICS, *arguments, **more).to_dict("records")


def _row(scores: pd.DataFrame, *arguments, **more) -> dict:
    (row,) = _rows(scores, *arguments, **more)
    return row


def _uniform(seed: int, n: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 0.8, n)


def test_a_summary_has_the_means_their_standard_errors_and_the_counts():
    values = _uniform(6)
    other = _uniform(7) - 3
    row = _row(_scores("le", values, mad=other))
    assert (row["method"], row["simulator"], row["control"]) == ("le", "sim", "")
    assert row["mean_length"] == pytest.approx(1.5)
    assert (row["neurons"], row["dead"], row["undefined"]) == (200, 0, 0)
    for metric, column in (("correlation", values), ("mad", other)):
        error = stats.sem(column)
        for alive in ("", "_alive"):
            mean, se, low, high = (row[f"{metric}{alive}{end}"] for end in ("", "_se", "_low", "_high"))
            assert (mean, se) == pytest.approx((column.mean(), error))
            assert (low, high) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.1 * error)


def test_the_columns_are_those_of_the_contract_in_their_order():
    summary = summarise(_scores("le", [0.5, 0.25]), METRICS)
    means = ["{}", "{}_se", "{}_low", "{}_high", "{}_alive", "{}_alive_se", "{}_alive_low", "{}_alive_high"]
    correlation = [*means, "{}_shuffled", "{}_shuffled_p95", "{}_agreement", "{}_sanity"]
    assert list(summary) == [
        *("method", "simulator", "control", "mean_length", "neurons", "dead", "undefined"),
        *(f"{share}{end}" for share in (*SHARES, *WHY_NOT) for end in ("", "_se", "_low", "_high")),
        *(name.format("correlation") for name in correlation),
        *(name.format("mad") for name in [*means, "{}_agreement", "{}_sanity"]),
        *("variance_left", "mean_active"),
    ]


def test_shares_of_verdicts_are_of_all_neurons_with_their_intervals():
    verdicts = np.repeat(["explained", "predicts_only", "not_above_chance", "constant"], [60, 20, 100, 20])
    row = _row(_scores("le", _uniform(8), verdict=verdicts))
    for verdict, share in (("explained", 0.3), ("predicts_only", 0.1)):
        error = np.sqrt(share * (1 - share) / 199)
        mean, se, low, high = (row[f"{verdict}{end}"] for end in ("", "_se", "_low", "_high"))
        assert (mean, se) == pytest.approx((share, error))
        assert (low, high) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.3 * error)


def test_shares_of_reasons_are_of_all_neurons_and_missing_where_no_ceilings_are_known():
    why_not = np.array(["neuron", "too_short", "no_word", None], object).repeat([60, 20, 10, 110])
    known = _scores("le", _uniform(9), why_not=pd.array(why_not, "string"), ceiling_search=0.5)
    shares = [0.1, 0.0, 0.0, 0.05, 0.3]
    row = _row(known)
    assert [row[name] for name in WHY_NOT] == pytest.approx(shares)
    assert row["why_not_neuron_low"] < 0.3 < row["why_not_neuron_high"]
    assert row["why_not_neuron_se"] == pytest.approx(np.sqrt(0.3 * 0.7 / 199))
    unknown = _row(known.assign(why_not=None, ceiling_search=np.nan))
    assert np.isnan([unknown[name] for name in WHY_NOT]).all() and unknown["explained"] == 0


def test_undefined_scores_count_as_zero():
    row = _row(_scores("le", [0.4, np.nan, 0.8, np.nan], mad=[1.0, 2.0, np.nan, 5.0]))
    assert row["correlation"] == row["correlation_alive"] == pytest.approx(0.3)
    assert row["correlation_se"] == pytest.approx(np.std([0.4, 0, 0.8, 0], ddof=1) / 2)
    assert row["mad"] == pytest.approx(2)
    assert row["undefined"] == 2


@pytest.mark.filterwarnings("error")
def test_dead_neurons_are_in_the_mean_and_not_in_that_of_the_living():
    dead = np.array([True, False, False, True, False])
    row = _row(_scores("le", [0.1, 0.5, 0.7, np.nan, np.nan], dead))
    assert row["correlation"] == pytest.approx(0.26)
    assert row["correlation_alive"] == pytest.approx(0.4)
    assert row["correlation_alive_se"] == pytest.approx(stats.sem([0.5, 0.7, 0]))
    assert 0 <= row["correlation_alive_low"] < 0.4 < row["correlation_alive_high"] <= 0.7
    assert (row["dead"], row["undefined"]) == (2, 2)
    row = _row(_scores("le", [0.1, 0.5], np.array([True, True])))
    assert np.isnan(row["correlation_alive"]) and row["correlation"] == pytest.approx(0.3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("nothing", [np.nan, None])
def test_a_metric_that_was_not_computed_with_a_simulator_has_no_mean_there(nothing):
    without = _scores("le", [0.5, 0.1], mad=[nothing, nothing])
    also = _scores("le", [0.5, 0.1], simulator="other", mad=[3.0, 1.0])
    never_defined = _scores("bad", [np.nan, np.nan], simulator="other", mad=[np.nan, np.nan])
    first, second, third = _rows(pd.concat([without, also, never_defined]))
    assert np.isnan([first[f"mad{end}"] for end in ("", "_se", "_low", "_high", "_alive")]).all()
    assert first["correlation"] == pytest.approx(0.3)
    assert second["mad"] == 2
    assert third["correlation"] == third["mad"] == 0


def test_every_method_and_simulator_has_its_row_in_the_order_of_the_scores():
    parts = [
        _scores("le", [0.9, 0.7]),
        _scores("clip_dissect", [0.3, 0.1]),
        _scores("le", [0.5, 0.1], simulator="other"),
    ]
    summary = summarise(pd.concat(parts), METRICS)
    assert list(zip(summary["method"], summary["simulator"], strict=True)) == [
        ("le", "sim"), ("clip_dissect", "sim"), ("le", "other"),
    ]  # fmt: skip
    np.testing.assert_allclose(summary["correlation"], [0.8, 0.2, 0.3])


def test_a_summary_is_the_same_for_a_seed_and_another_for_another_and_leaves_the_scores():
    scores = _scores("le", [*_uniform(9, 30), np.nan])
    before = scores.copy()
    pd.testing.assert_frame_equal(summarise(scores, METRICS, 3), summarise(scores, METRICS, 3))
    assert _row(scores, 3)["correlation_low"] != _row(scores, 4)["correlation_low"]
    pd.testing.assert_frame_equal(scores, before)


@pytest.mark.parametrize("values", [[0.4], [0.0, 0.0, 0.0]])
@pytest.mark.filterwarnings("error")
def test_the_mean_of_one_neuron_or_of_equal_scores_has_no_interval(values):
    row = _row(_scores("le", values))
    assert row["correlation"] == pytest.approx(values[0])
    assert np.isnan([row["correlation_se"], row["correlation_low"], row["correlation_high"]]).all()


SANITY = """explanation,simulator,metric,test,share_passed,neurons,passed,trusted
single_concept,,correlation,missing_labels,0.984,40,True,True
single_concept,,correlation,extra_labels,0.992,40,True,True
le,sim,correlation,missing_labels,0.966,40,True,True
le,sim,correlation,extra_labels,0.014,40,False,True
single_concept,,mad,missing_labels,0.5,40,False,False
single_concept,,mad,extra_labels,1.0,40,True,False
le,sim,mad,missing_labels,,0,,False
le,sim,mad,extra_labels,1.0,40,True,False
"""


def test_badges_are_those_of_a_linear_method_itself_and_of_single_concepts_for_others():
    scores = pd.concat([_scores("le", [0.5, 0.25]), _scores("clip_dissect", [0.5, 0.25])])
    sanity = pd.read_csv(io.StringIO(SANITY))
    le, dissect = _rows(scores, sanity=sanity)
    assert le["correlation_sanity"] == "failed (0.97, 0.01)"
    assert dissect["correlation_sanity"] == "passed (0.98, 0.99)"
    assert le["mad_sanity"] == dissect["mad_sanity"] == "failed (0.50, 1.00)"
    le, _ = _rows(scores, sanity=sanity[sanity["metric"] != "mad"])
    assert le["mad_sanity"] == ""
    assert _row(_scores("le", [0.5, 0.25]))["mad_sanity"] == ""


def test_controls_are_named_and_shuffles_stand_beside_what_they_are_to_be_compared_with():
    scores = pd.concat(
        [_scores(method, [0.5, 0.25], simulator=s) for s in ("sim", "other") for method in ("le", "random_concepts")]
    )
    shuffled = pd.DataFrame(
        [("random_concepts", "sim", 0.05, 0.07), ("le", "other", 0.1, 0.2), ("le", "sim", 0.3, 0.4)],
        columns=["method", "simulator", "shuffled_mean", "shuffled_p95"],
    )
    untrained = _scores("le", [0.125, 0.375])
    rows = _rows(scores, 0, pd.read_csv(io.StringIO(SANITY)), shuffled, untrained)
    assert [(row["method"], row["simulator"], row["control"]) for row in rows] == [
        ("le", "sim", ""), ("random_concepts", "sim", "random_concepts"),
        ("le", "other", ""), ("random_concepts", "other", "random_concepts"),
        ("le", "sim", "untrained"),
    ]  # fmt: skip
    np.testing.assert_array_equal([row["correlation_shuffled"] for row in rows], [0.3, 0.05, 0.1, np.nan, np.nan])
    np.testing.assert_array_equal([row["correlation_shuffled_p95"] for row in rows], [0.4, 0.07, 0.2, np.nan, np.nan])
    assert rows[-1]["correlation"] == 0.25
    assert pd.isna(rows[-1]["correlation_sanity"]) and rows[1]["correlation_sanity"] == "passed (0.98, 0.99)"
    assert rows[0]["correlation_sanity"] == "failed (0.97, 0.01)"
    assert rows[2]["correlation_sanity"] == "passed (0.98, 0.99)", "the method was not checked with this simulator"


def _compared(scores: pd.DataFrame, **better) -> list[dict]:
    return compare(scores, better or {"correlation": True, "mad": True}).to_dict("records")


def test_methods_are_compared_by_the_difference_on_each_neuron():
    a = _uniform(20)
    b = a - 0.05 + 0.02 * np.random.default_rng(21).normal(size=200)
    (row,) = _compared(pd.concat([_scores("le", a), _scores("dissect", b)]), correlation=True)
    error = stats.sem(a - b)
    assert list(row.values())[:4] == ["correlation", "sim", "le", "dissect"]
    assert row["difference"] == pytest.approx((a - b).mean())
    assert row["se"] == pytest.approx(error) and error < 0.1 * stats.sem(a)
    assert row["low"] == pytest.approx(row["difference"] - 1.96 * error, abs=0.1 * error)
    assert row["high"] == pytest.approx(row["difference"] + 1.96 * error, abs=0.1 * error)
    assert row["share_won"] == np.mean(a > b)
    assert row["neurons"] == 200


def test_neurons_are_matched_by_their_number_and_only_those_of_both_count():
    a = _scores("le", [0.1, 0.2, 0.3])
    b = _scores("other", [0.5, 0.1, 0.2], neuron=[99, 12, 11])
    (row,) = _compared(pd.concat([a, b]), correlation=True)
    assert row["difference"] == pytest.approx(((0.2 - 0.2) + (0.3 - 0.1)) / 2)
    assert (row["share_won"], row["neurons"]) == (0.75, 2)


def test_ties_count_half_undefined_scores_zero_and_lower_may_be_better():
    a, b = [0.5, np.nan, np.nan, 0.2, 0.3], [0.5, np.nan, 0.1, np.nan, 0.1]
    scores = pd.concat([_scores("le", a), _scores("other", b)])
    higher, lower = _compared(scores, correlation=True, mad=False)
    assert higher["difference"] == pytest.approx((-0.1 + 0.2 + 0.2) / 5)
    assert lower["difference"] == pytest.approx(2 * higher["difference"])
    assert higher["share_won"] == pytest.approx((0.5 + 0.5 + 0 + 1 + 1) / 5)
    assert lower["share_won"] == pytest.approx(1 - higher["share_won"])


def test_every_pair_is_compared_once_in_the_order_given_for_each_simulator_and_metric():
    names = ("z", "a", "m")
    scores = pd.concat(
        [_scores(name, _uniform(30, 5), simulator=simulator) for simulator in ("two", "one") for name in names]
    )
    scores.loc[scores["simulator"] == "one", "mad"] = np.nan
    compared = compare(scores, {"mad": True, "correlation": True})
    pairs = [("z", "a"), ("z", "m"), ("a", "m")]
    expected = [
        (metric, simulator, *pair)
        for metric, simulator in (("mad", "two"), ("correlation", "two"), ("correlation", "one"))
        for pair in pairs
    ]
    assert (
        list(compared[["metric", "simulator", "method_a", "method_b"]].itertuples(index=False, name=None)) == expected
    )


def test_a_single_method_has_nothing_to_be_compared_with():
    assert compare(_scores("le", [0.1, 0.2]), {"correlation": True}).empty
