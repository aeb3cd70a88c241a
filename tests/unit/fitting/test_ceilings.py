"""Ceilings are the correlations on test of fits on train, and say why planted neurons are not explained."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from helpers.judged import CONCEPT, Layer
from helpers.planted_ceilings import N_CONCEPTS, PLANTED, Planted, planted
from linexp.explanations import weight_matrix
from linexp.fitting.linear import explain
from linexp.fitting.ridge import STRENGTHS
from linexp.scoring.reasons import CEILINGS, reasons


@pytest.fixture(scope="module")
def hard() -> Planted:
    return planted()


def correlation(predicted: np.ndarray, q: np.ndarray) -> float:
    return float(np.corrcoef(predicted, q)[0, 1])


def best_ridge(seen: np.ndarray, q: np.ndarray, rows: dict[str, np.ndarray]) -> float:
    """The test correlation of the ridge of scikit-learn whose correlation on val is highest."""
    seen, q = seen.astype(np.float64), q.astype(np.float64)
    z = (seen - seen[rows["train"]].mean(axis=0)) / seen[rows["train"]].std(axis=0)
    found = []
    for strength in STRENGTHS:
        fit = Ridge(alpha=strength * len(rows["train"])).fit(z[rows["train"]], q[rows["train"]])
        found.append([correlation(fit.predict(z[rows[split]]), q[rows[split]]) for split in ("val", "test")])
    return max(found)[1]


def test_ridges_are_those_of_scikit_learn_on_raw_rows_of_each_view(hard):
    table, layer = hard.ceilings(), hard.layer
    views = {"concepts": layer.p, "simulator": layer.p_simulated, "embeddings": hard.embeddings}
    assert table["neuron"].tolist() == list(range(5))
    for name, seen in views.items():
        for neuron, reached in enumerate(table[f"ceiling_{name}"]):
            assert reached == pytest.approx(best_ridge(seen, layer.q[:, neuron], hard.rows), abs=1e-4), (name, neuron)


def test_the_search_is_that_of_ten_concepts_simulated_by_the_simulator(hard):
    explained = explain(hard.layer.problem(), {"search": {"length": 10}})
    simulated = hard.layer.p_simulated @ weight_matrix(explained, [CONCEPT(column) for column in range(N_CONCEPTS)])
    test = hard.rows["test"]
    for neuron, reached in enumerate(hard.ceilings()["ceiling_search"]):
        assert len(explained[neuron].concepts) == 10
        assert reached == pytest.approx(correlation(simulated[test, neuron], hard.layer.q[test, neuron]), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_each_planted_neuron_is_told_its_own_reason(seed):
    hard = planted(seed)
    weights = weight_matrix(hard.explained, [CONCEPT(column) for column in range(N_CONCEPTS)])
    test = hard.rows["test"]
    simulated, q = (hard.layer.p_simulated @ weights)[test], hard.layer.q[test]
    own = np.array([correlation(simulated[:, neuron], q[:, neuron]) for neuron in range(5)])
    assert reasons(own, hard.ceilings()[CEILINGS].to_numpy()).tolist() == PLANTED


def test_ceilings_do_not_depend_on_the_threads(hard):
    np.testing.assert_allclose(hard.ceilings()[CEILINGS], hard.ceilings(threads=3)[CEILINGS], rtol=0, atol=1e-5)


def test_a_layer_without_a_neuron_that_varies_has_no_ceilings(hard):
    layer = hard.layer
    still = Layer(layer.p, layer.p_simulated, np.ones_like(layer.q), layer.ends)
    assert Planted(still, hard.embeddings, hard.explained).ceilings()[CEILINGS].isna().all(axis=None)


def test_a_neuron_that_never_varies_has_no_ceiling_and_a_column_that_never_does_is_not_used(hard):
    layer, q, other = hard.layer, hard.layer.q.copy(), hard.layer.p_simulated.copy()
    q[:, 4], other[:, 7] = 2.5, 1e-9
    table = Planted(Layer(layer.p, other, q, layer.ends), hard.embeddings, hard.explained).ceilings()
    assert table.loc[4, CEILINGS].isna().all() and table.loc[:3, CEILINGS].notna().all(axis=None)
    without = np.delete(other, 7, axis=1)
    assert table.loc[1, "ceiling_simulator"] == pytest.approx(best_ridge(without, q[:, 1], hard.rows), abs=1e-4)
