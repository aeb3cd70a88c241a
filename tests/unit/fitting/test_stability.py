"""Stability: refits on resampled images choose planted concepts again, and one copy in the place of another."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from helpers.literal import literal_fit, literal_greedy, standardised
from helpers.summed import problem
from linexp.explanations import Explanation
from linexp.fitting import stability as module
from linexp.fitting.elastic_net import elastic_net
from linexp.fitting.linear import explain
from linexp.fitting.resampled import Scale, block_sums, draw_blocks, draw_resamples
from linexp.fitting.stability import candidates_of, refit, stability
from linexp.fitting.stable import Stability, from_table, to_table

N_TRAIN, N = 3000, 3600
SEARCH = {"search": {"max_concepts": 10, "tolerance": 0.02, "beam": 10, "swaps": True, "ridge": 0.01}}
GREEDY = {"lambda": 0.05, "alpha": 0.99, "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02}}
TOP = {"lambda": 0.05, "alpha": 0.99, "top_k": 3}
PLANTED = [[5], [6, 7], [8, 9, 10], [0, 11], [12, 13, 14, 15], [16, 17, 18]]
COPIES = (0, 1)


@pytest.fixture(scope="module")
def p() -> np.ndarray:
    """P like that of an image-text model; column 1 nearly copies column 0."""
    rng = np.random.default_rng(0)
    topics = rng.normal(size=(N, 6)) @ rng.normal(size=(6, 50)) / np.sqrt(6)
    found = 1 / (1 + np.exp(-3 * (0.6 * topics + 0.8 * rng.normal(size=(N, 50))) + rng.uniform(1, 4, 50)))
    found[:, 1] = found[:, 0] + 0.05 * found[:, 0].std() * rng.normal(size=N)
    return found.astype(np.float32)


@pytest.fixture(scope="module")
def q(p) -> np.ndarray:
    """Planted neurons with noise; the fourth is half of one copy and half of the other. The last ones are still."""
    scaled = standardised(p)
    signal = np.column_stack([scaled[:, columns].sum(axis=1) for columns in PLANTED])
    signal[:, 3] += 0.5 * (scaled[:, 1] - scaled[:, 0])
    noise = 0.5 * signal.std(axis=0) * np.random.default_rng(1).normal(size=signal.shape)
    return np.column_stack([signal + noise, np.zeros(N), np.full(N, 2.5)]).astype(np.float32)


def _rows_of(p, q):
    """P and activations of a split, in blocks of rows."""

    def rows_of(split, places):
        rows = slice(N_TRAIN) if split == "train" else slice(N_TRAIN, None)
        return zip(np.array_split(p[rows], 4), np.array_split(q[rows][:, places], 4), strict=True)

    return rows_of


CONTENTS = {"train": [str(row) for row in range(N_TRAIN)], "val": [str(row) for row in range(N - N_TRAIN)]}


def _stability(p, q, settings, seed=0, threads=1, neurons=None):
    fitted = problem(p, q, N_TRAIN, neurons)
    return stability(fitted, explain(fitted, settings), settings, _rows_of(p, q), CONTENTS, seed, threads)


@pytest.fixture(scope="module", params=[SEARCH, GREEDY], ids=["search", "greedy"])
def found(request, p, q):
    return _stability(p, q, request.param)


def test_planted_concepts_are_chosen_again(found):
    for one, columns in zip(found, PLANTED, strict=False):
        if 0 in columns:
            continue
        assert {*one.concepts} >= {f"concept {column}" for column in columns}
        shares = dict(zip(one.concepts, one.shares, strict=True))
        assert all(shares[f"concept {column}"] > 0.95 for column in columns)
        if len(one.concepts) == len(columns):
            assert one.all_chosen > 0.95


def test_near_copies_are_alternatives_of_each_other(found):
    one = found[3]
    (place,) = (i for i, name in enumerate(one.concepts) if name in ("concept 0", "concept 1"))
    other = "concept 1" if one.concepts[place] == "concept 0" else "concept 0"
    assert one.shares[place] < 0.95
    assert one.alternatives[place][0] == other
    assert one.shares[place] + one.alternative_shares[place][0] > 0.98


def test_intervals_have_the_weight_within(found, p, q):
    fitted = problem(p, q, N_TRAIN)
    for one, columns in zip(found[:3], PLANTED[:3], strict=True):
        weights, _ = literal_fit(fitted_p := p[:N_TRAIN].astype(float), q[:N_TRAIN, one.neuron], columns)
        own = dict(zip(columns, weights, strict=True))
        for name, low, high in zip(one.concepts, one.low, one.high, strict=True):
            column = int(name.split()[1])
            if column in own:
                assert low < own[column] < high
                # least squares have this standard error
                x = standardised(fitted_p[:, columns])
                left = np.linalg.lstsq(x, standardised(q[:N_TRAIN, one.neuron]), rcond=None)[1][0] / N_TRAIN
                inverse = np.linalg.inv(x.T @ x)[columns.index(column), columns.index(column)]
                error = np.sqrt(left * inverse) * fitted.q_std[one.neuron] / fitted.p_std[column]
                assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.4)


def test_neurons_without_an_explanation_have_a_row_with_nothing_in_it(found):
    assert [one.status for one in found] == ["ok"] * 6 + ["constant"] * 2
    assert found[6] == Stability(6, "constant") and found[7] == Stability(7, "constant")


def test_an_unexplained_neuron_is_left_so_and_none_at_all_takes_no_pass(p, q):
    fitted = problem(p, q, N_TRAIN)
    unexplained = [Explanation(neuron, status="unexplained") for neuron in range(q.shape[1])]
    found = stability(fitted, unexplained, SEARCH, lambda *_: pytest.fail("P is read"), CONTENTS, 0)
    assert found == [Stability(neuron, "unexplained") for neuron in range(q.shape[1])]


@pytest.mark.parametrize("settings", [SEARCH, GREEDY, TOP], ids=["search", "greedy", "top"])
def test_a_neuron_has_the_same_stability_with_other_neurons_threads_and_passes(p, q, settings, monkeypatch):
    monkeypatch.setattr(module, "RESAMPLES", 130)
    whole = _stability(p, q, settings)
    assert _stability(p, q, settings, threads=3) == whole
    monkeypatch.setattr(module, "VALUES_A_PASS", 1)
    assert _stability(p, q, settings) == whole
    some = [1, 3, 6]
    alone = _stability(p, q[:, some], settings, neurons=np.array(some))
    for one, of_all in zip(alone, (whole[neuron] for neuron in some), strict=True):
        assert one.low == pytest.approx(of_all.low, rel=1e-9)  # the sums of a neuron may be rounded otherwise
        assert replace(one, low=(), high=()) == replace(of_all, low=(), high=())
    other = _stability(p, q, settings, seed=1)
    assert [one.concepts for one in other] == [one.concepts for one in whole]
    assert [one.low for one in other] != [one.low for one in whole]


def _resampled(p, q, blocks, counts, number: int, split: str):
    """The images of one resample: those of a block as often as it is drawn."""
    rows = np.repeat(np.arange(len(blocks[split])), counts[split][number][blocks[split]].astype(int))
    rows = rows if split == "train" else rows + N_TRAIN
    return p[rows].astype(np.float64), q[rows].astype(np.float64)


def _sums(p, q, neuron: int, candidates, splits):
    fitted = problem(p, q, N_TRAIN)
    scale = Scale(fitted.train.mean, fitted.p_std, fitted.train_q.mean[[neuron]], fitted.q_std[[neuron]])
    blocks = {split: draw_blocks(CONTENTS[split], 0) for split in splits}
    rows_of = _rows_of(p, q)
    return blocks, [block_sums(rows_of(split, [neuron]), blocks[split], scale, [candidates])[0] for split in splits]


@pytest.mark.parametrize("neuron, length", [(3, 2), (5, 3), (2, 2)])
@pytest.mark.parametrize("positive", [False, True])
def test_a_search_of_a_resample_is_exhaustive_search_on_its_images(p, q, neuron, length, positive, monkeypatch):
    monkeypatch.setattr(module, "RESAMPLES", 20)
    candidates = np.array([0, 1, 5, 6, 8, 9, 10, 11, 16, 17, 18])
    settings = {"search": {**SEARCH["search"], "ridge": 0.1, "positive": positive}}
    blocks, sums = _sums(p, q, neuron, candidates, ["train"])
    chosen, weights = refit(sums, length, settings, 0, neuron)
    counts = {"train": draw_resamples(20, 50, 0, neuron)}
    fitted = problem(p, q, N_TRAIN)
    for number in range(20):
        own_p, own_q = _resampled(p, q, blocks, counts, number, "train")
        x, y = standardised(own_p[:, candidates]), standardised(own_q[:, neuron])
        errors = {}
        for some in combinations(range(len(candidates)), length):
            found, left, *_ = np.linalg.lstsq(x[:, some], y, rcond=None)
            if not positive or (found > 0).all():
                errors[some] = float(left[0])
        best = min(errors, key=errors.get)
        assert tuple(sorted(chosen[number])) == best
        own = x[:, chosen[number]]
        expected = np.linalg.solve(own.T @ own / len(own) + 0.1 * np.eye(length), own.T @ y / len(own))
        columns = candidates[chosen[number]]
        expected *= own_q[:, neuron].std() / own_p[:, columns].std(axis=0)
        scale = fitted.q_std[neuron] / fitted.p_std[columns]
        np.testing.assert_allclose(weights[number] * scale, expected, rtol=1e-3)


@pytest.mark.parametrize("neuron, length", [(3, 2), (2, 3), (1, 3)])
def test_a_greedy_search_of_a_resample_is_algorithm_1_on_its_images(p, q, neuron, length, monkeypatch):
    """The third one has but two concepts, so that no candidate of the third round is good enough."""
    monkeypatch.setattr(module, "RESAMPLES", 20)
    candidates = np.array([0, 1, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18])
    blocks, sums = _sums(p, q, neuron, candidates, ["train", "val"])
    chosen, weights = refit(sums, length, GREEDY, 0, neuron)
    counts = {split: draw_resamples(20, 50, 0, neuron) for split in blocks}
    fitted, lengths = problem(p, q, N_TRAIN), set()
    for number in range(20):
        parts = [_resampled(p, q, blocks, counts, number, split) for split in ("train", "val")]
        (own_p, own_q), (val_p, val_q) = ((one[:, candidates], other[:, neuron]) for one, other in parts)
        x, y = standardised(own_p), standardised(own_q)
        of_net, _ = elastic_net(x.T @ x / len(x), y[None] @ x / len(x), 0.05, 0.99)
        literal = literal_greedy(own_p, own_q, val_p, val_q, of_net[0], length, 10, 0.02)
        expected = literal.concepts
        if len(expected) < length and literal.tried[-1]:  # the best of the last round is taken all the same
            reached = {}
            for candidate in literal.tried[-1]:
                w, intercept = literal_fit(own_p, own_q, [*expected, candidate])
                reached[candidate] = np.corrcoef(val_p[:, [*expected, candidate]] @ w + intercept, val_q)[0, 1]
            expected = [*expected, max(reached, key=reached.get)]
        assert chosen[number][chosen[number] >= 0].tolist() == expected
        expected_weights, _ = literal_fit(own_p, own_q, expected)
        scale = fitted.q_std[neuron] / fitted.p_std[candidates[expected]]
        np.testing.assert_allclose(weights[number, : len(expected)] * scale, expected_weights, rtol=1e-3)
        lengths.add(len(expected))
    assert max(lengths) == length


def test_candidates_are_the_explanation_its_copies_and_what_correlates_with_the_neuron_or_the_rest():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 200))
    x[:, 100:115] = x[:, :1] + np.linspace(0.05, 0.7, 15) * rng.normal(size=(4000, 15))
    x = standardised(x)
    y = 3 * x[:, 0] + x[:, 1] + 0.3 * x[:, 2] + 2 * rng.normal(size=4000)
    gram, covariance = np.corrcoef(x.T), np.corrcoef(x.T, y)[-1, :-1]
    chosen, weights = np.array([1, 0]), np.linalg.lstsq(x[:, [1, 0]], y / y.std(), rcond=None)[0]
    found = candidates_of(gram, covariance, chosen, weights)
    left = y / y.std() - x[:, chosen] @ weights
    near = [j for j in np.argsort(-np.abs(gram[0])) if abs(gram[0, j]) > 0.8][:11]
    of_neuron, of_rest = (np.argsort(-np.abs(x.T @ one))[:30] for one in (y, left))
    assert found.tolist() == sorted({0, 1, *near, *of_neuron, *of_rest})
    assert len([j for j in range(100, 115) if abs(gram[0, j]) > 0.8]) > 10, "not all copies are candidates for that"


def test_a_table_has_all_that_is_known(found):
    assert from_table(to_table(found)) == [
        Stability(**{name: list(value) if isinstance(value, tuple) else value for name, value in vars(one).items()})
        for one in found
    ]
