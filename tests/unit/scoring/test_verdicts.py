"""Verdicts from p values, against scipy and by hand; what is undefined has none."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from linexp.scoring.scores import with_verdicts
from linexp.scoring.shuffling import cross_correlations, crossed
from linexp.scoring.verdicts import COLUMNS, others_reach, q_values


def test_false_discovery_rates_are_those_of_scipy():
    rng = np.random.default_rng(0)
    p = np.concatenate([rng.random(50), rng.random(20) / 500, [0.01, 0.01, 1.0]])
    with_gaps = np.insert(p, [0, 10, 73], np.nan)
    found = q_values(with_gaps)
    assert np.isnan(found[[0, 11, 75]]).all()
    np.testing.assert_allclose(found[~np.isnan(with_gaps)], stats.false_discovery_control(p))
    assert len(q_values(np.array([]))) == 0 and np.isnan(q_values(np.full(2, np.nan))).all()


@pytest.mark.filterwarnings("error")
def test_what_other_explanations_reach_leaves_out_the_neurons_own():
    rng = np.random.default_rng(1)
    s, q = rng.normal(size=(2, 60, 300))
    s[:, 5], q[:, 7] = 2, 3
    found = others_reach(crossed(s, q))
    assert np.isnan(found[7]) and np.isnan(found).sum() == 1
    for neuron in (0, 5, 299):
        others = [np.corrcoef(s[:, i], q[:, neuron])[0, 1] if i != 5 else 0.0 for i in range(300) if i != neuron]
        assert found[neuron] == pytest.approx(np.quantile(others, 0.95))
    in_blocks = cross_correlations(lambda: np.array_split(s, 7, axis=1), np.array_split(q, 3, axis=1), 300)
    np.testing.assert_allclose(others_reach(in_blocks), found, atol=1e-12)
    assert np.isnan(others_reach(crossed(s[:, :1], q[:, :1]))).all()
    np.testing.assert_array_equal(others_reach(crossed(np.ones((60, 2)), q[:, 6:8])), [0, np.nan])


def test_a_score_without_a_verdict_says_its_status_there():
    pairs = {"method": ["le", "le", "top"], "simulator": "two", "neuron": [3, 4, 3]}
    scores = pd.DataFrame(pairs | {"status": ["ok", "constant", "unexplained"]})
    of_pairs = pd.DataFrame(pairs | dict.fromkeys(COLUMNS, 0.5) | {"verdict": ["explained", None, None]})
    joined = with_verdicts(scores, of_pairs[::-1])
    assert joined["verdict"].tolist() == ["explained", "constant", "unexplained"]
    assert joined["neuron"].tolist() == [3, 4, 3] and list(joined)[4:] == COLUMNS
