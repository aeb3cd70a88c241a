"""Simulators agree as far as the ranks of their scores correlate, over the neurons that both have scores of."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from linexp.scoring.agreement import rank_agreement, with_flips
from linexp.scoring.summary import summarise

METRICS = ["correlation", "mad"]


def _scores(method: str, simulator: str, correlation, mad, first: int = 0) -> pd.DataFrame:
    neurons = np.arange(first, first + len(correlation), dtype=np.int32)
    columns = {"method": method, "simulator": simulator, "neuron": neurons, "dead": False, "n_concepts": 1}
    columns |= {"verdict": "explained", "best_method": "le", "verdict_flips": None}
    return pd.DataFrame(columns | {"correlation": correlation, "mad": mad})


@pytest.fixture
def scores() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, 40, 2)).round(1)
    two[:, 0] += one[:, 0]
    two[3, 0] = one[5, 0] = np.nan
    two[:, 1] = 0.5
    main = [_scores("le", "main", *one.T), _scores("other", "main", *one.T)]
    # the neurons in another order, and one less
    more = [_scores("le", "second", *two.T).iloc[::-1], _scores("other", "second", *(-(one[1:] ** 3)).T, first=1)]
    return pd.concat([*main, *more])


def _row(table: pd.DataFrame, method: str, simulator: str) -> pd.Series:
    (row,) = (row for _, row in table.iterrows() if (row["method"], row["simulator"]) == (method, simulator))
    return row


@pytest.mark.filterwarnings("error")
def test_agreement_is_spearmans_correlation_over_neurons_with_both_scores(scores):
    table = rank_agreement(scores, METRICS)
    one = scores[(scores["method"] == "le") & (scores["simulator"] == "main")].sort_values("neuron")["correlation"]
    two = scores[(scores["method"] == "le") & (scores["simulator"] == "second")].sort_values("neuron")["correlation"]
    both = np.isfinite(one.to_numpy()) & np.isfinite(two.to_numpy())
    expected = stats.spearmanr(one[both], two[both]).statistic
    assert 0.3 < expected < 0.95 and both.sum() == 38
    row = _row(table, "le", "second")
    assert row["correlation_agreement"] == pytest.approx(expected)
    assert np.isnan(row["mad_agreement"]), "all scores of one are the same"
    assert _row(table, "other", "second")["mad_agreement"] == pytest.approx(-1)


def test_the_main_simulator_agrees_with_itself_without_a_number(scores):
    table = rank_agreement(scores, METRICS)
    assert table[table["simulator"] == "main"].drop(columns=["method", "simulator"]).isna().all(axis=None)
    alone = rank_agreement(scores[scores["simulator"] == "main"], METRICS)
    assert list(alone) == ["method", "simulator", "correlation_agreement", "mad_agreement"]


def test_a_method_that_the_main_simulator_has_no_score_of_has_none(scores):
    only = pd.concat([scores, _scores("new", "second", [0.1, 0.2], [0.3, 0.4])])
    assert np.isnan(_row(rank_agreement(only, METRICS), "new", "second")["correlation_agreement"])


def test_a_summary_has_it(scores):
    summary = summarise(scores, METRICS)
    expected = _row(rank_agreement(scores, METRICS), "le", "second")["correlation_agreement"]
    assert _row(summary, "le", "second")["correlation_agreement"] == expected


def _verdicts(*rows: tuple[str, str, int, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["method", "simulator", "neuron", "verdict"])


def test_a_verdict_flips_where_simulators_differ_and_is_missing_where_only_one_has_any():
    rows = [
        ("le", "main", 0, "explained", False),
        ("le", "main", 1, "explained", True),
        ("le", "main", 2, "constant_simulation", None),
        ("le", "main", 3, "unexplained", None),
        ("other", "main", 0, "predicts_only", True),
        ("other", "main", 1, "not_above_chance", False),
        ("random_concepts", "main", 0, "not_above_chance", None),
        ("other", "second", 1, "not_above_chance", False),
        ("other", "second", 0, "not_above_chance", True),
        ("le", "second", 3, "unexplained", None),
        ("le", "second", 2, "explained", None),
        ("le", "second", 1, "not_above_chance", True),
        ("le", "second", 0, "explained", False),
        ("le", "third", 1, "explained", True),
    ]
    found = with_flips(_verdicts(*(row[:4] for row in rows)))
    assert [None if pd.isna(value) else bool(value) for value in found["verdict_flips"]] == [row[4] for row in rows]


def test_with_one_simulator_no_verdict_can_flip_and_the_column_stays_one_of_truth_values():
    found = with_flips(_verdicts(("le", "main", 0, "explained"), ("le", "main", 1, "predicts_only")))
    assert found["verdict_flips"].isna().all() and found["verdict_flips"].dtype == "boolean"
