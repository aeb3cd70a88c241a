"""The best method of a neuron is chosen on val alone, by the main simulator; test says what it reaches."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from linexp.scoring.best import chosen_shares, with_best_method
from linexp.scoring.summary import summarise


def _scores(*rows) -> pd.DataFrame:
    columns = ["method", "simulator", "neuron", "n_concepts", "correlation_val"]
    return pd.DataFrame(rows, columns=columns).assign(correlation=0.5)


def _best(scores: pd.DataFrame) -> dict[int, str | None]:
    """The best method of each neuron, which all of its rows have."""
    found = with_best_method(scores)
    assert (found.groupby("neuron")["best_method"].nunique(dropna=False) == 1).all()
    first = found.drop_duplicates("neuron")
    return {row.neuron: None if pd.isna(row.best_method) else row.best_method for row in first.itertuples()}


def test_the_best_method_is_the_one_that_predicts_val_best_with_the_main_simulator():
    scores = _scores(
        ("a", "main", 7, 1, 0.3), ("b", "main", 7, 9, 0.4), ("milan", "main", 7, 1, 0.35),
        ("a", "main", 8, 5, 0.3), ("b", "main", 8, 1, -0.4), ("milan", "main", 8, 1, 0.2),
        ("a", "second", 7, 1, 0.9), ("b", "second", 7, 9, 0.1),
        ("milan", "main", 9, 1, 0.1), ("a", "main", 9, 2, np.nan),
    )  # fmt: skip
    assert _best(scores) == {7: "b", 8: "a", 9: "milan"}
    worse_on_test = scores.assign(correlation=np.where(scores["method"] == "b", -1.0, 1.0))
    assert _best(worse_on_test) == _best(scores), "test may not choose"


def test_a_null_control_is_never_the_best_however_well_it_predicts():
    assert _best(_scores(("a", "main", 0, 1, 0.1), ("random_concepts", "main", 0, 1, 0.9))) == {0: "a"}
    assert _best(_scores(("random_concepts", "main", 0, 1, 0.9))) == {0: None}


def test_of_equal_methods_the_shorter_is_the_best_and_then_the_first():
    rows = [("z", "main", 0, 3, 0.5), ("a", "main", 0, 2, 0.5 - 5e-10), ("b", "main", 0, 2, 0.5)]
    assert _best(_scores(*rows)) == {0: "a"}
    assert _best(_scores(rows[0], rows[2], rows[1])) == {0: "b"}
    assert _best(_scores(("z", "main", 0, 3, 0.5), ("a", "main", 0, 2, 0.5 - 2e-9))) == {0: "z"}


@pytest.mark.parametrize("value", [0.0, -0.2, np.nan])
def test_where_nothing_correlates_on_val_no_method_is_the_best(value):
    found = with_best_method(_scores(("a", "main", 0, 1, value), ("b", "main", 0, 1, value)))
    assert found["best_method"].isna().all()
    assert pa.Table.from_pandas(found).schema.field("best_method").type in (pa.string(), pa.large_string())


def _layer(n: int = 60) -> pd.DataFrame:
    """Two simulators, two methods and a control; one neuron has no best method, one is undefined on test."""
    rng = np.random.default_rng(0)
    pairs = [("a", "main"), ("b", "main"), ("random_concepts", "main"), ("a", "second"), ("b", "second")]
    parts = [
        pd.DataFrame({"method": method, "simulator": simulator, "neuron": range(n), "n_concepts": 2}).assign(
            correlation_val=rng.uniform(0.1, 0.6, n), correlation=rng.uniform(0.1, 0.6, n)
        )
        for method, simulator in pairs
    ]
    for part in parts:
        part.loc[3, "correlation_val"] = -0.1
        part.loc[4, "correlation"] = np.nan
    flips = rng.random(n) < 0.25
    parts = [part.assign(verdict_flips=None if part["method"][0] == "random_concepts" else flips) for part in parts]
    return with_best_method(pd.concat(parts))  # neurons have the numbers of rows of each part


def test_the_best_are_counted_for_each_method_and_their_mean_correlation_is_that_of_test():
    scores = _layer()
    table = chosen_shares(scores).set_index(["method", "simulator"])
    main = scores[scores["simulator"] == "main"].set_index(["method", "neuron"])
    best = [max("ab", key=lambda m: main["correlation_val"][m, neuron]) for neuron in range(60)]
    wins = np.array([name == "a" for name in best]) & (np.arange(60) != 3)
    assert 0.2 < wins.mean() < 0.8
    for simulator in ("main", "second"):
        own = scores[scores["simulator"] == simulator].set_index(["method", "neuron"])["correlation"]
        reached = np.array([0.0 if neuron in (3, 4) else own[best[neuron], neuron] for neuron in range(60)])
        for method in "ab":
            row = table.loc[(method, simulator)]
            assert row["correlation_best"] == pytest.approx(reached.mean())
            assert row["correlation_best_se"] == pytest.approx(stats.sem(reached))
            assert row["correlation_best_low"] < reached.mean() < row["correlation_best_high"]
        assert table.loc[("a", simulator), "best"] == pytest.approx(wins.mean())
        assert table.loc[("b", simulator), "best"] == pytest.approx(59 / 60 - wins.mean())
    control = table.loc[("random_concepts", "main")]
    assert control.isna().all()


def test_flips_are_a_share_of_all_neurons_and_missing_with_one_simulator():
    scores = _layer()
    flips = scores["verdict_flips"].astype("boolean")[scores["method"].eq("a") & scores["simulator"].eq("main")]
    scores.loc[scores["neuron"] == 5, "verdict_flips"] = None
    expected = flips.drop(5).sum() / 60
    table = chosen_shares(scores).set_index(["method", "simulator"])["verdict_flips"]
    assert 0 < expected < 0.5
    assert table.dropna().tolist() == pytest.approx([expected] * 4)
    alone = chosen_shares(scores[scores["simulator"] == "main"].assign(verdict_flips=None))
    assert alone["verdict_flips"].isna().all() and alone["best"].notna().tolist() == [True, True, False]


def test_a_summary_has_the_shares_but_not_of_an_untrained_copy():
    scores = _layer().assign(dead=False, verdict="explained")
    rows = summarise(scores, ["correlation"], untrained=scores[scores["method"] == "a"])
    expected = chosen_shares(scores)
    trained = rows[rows["control"] != "untrained"]
    for name in ("best", "verdict_flips", "correlation_best_low"):
        np.testing.assert_array_equal(trained[name], expected[name])
        assert rows.loc[rows["control"] == "untrained", name].isna().all()
