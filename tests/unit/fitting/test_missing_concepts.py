"""A missing concept is the one that correlates best with what an explanation leaves, chosen on train."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from helpers.judged import two_views
from linexp.explanations import Explanation
from linexp.fitting.missing_concepts import missing_concepts

N, M = 900, 30
WORDS = [f"word {column}" for column in range(M)]
TRAIN, TEST = np.arange(600), np.arange(600, N)
PLANTED = 17


def found(wider: np.ndarray, residuals: np.ndarray, explained: list[Explanation], **more) -> pd.DataFrame:
    def blocks(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return ((wider[part], residuals[part]) for part in np.array_split(rows, 3))

    return missing_concepts(blocks, explained, WORDS, TRAIN, TEST, **more)


@pytest.fixture(scope="module")
def made() -> tuple[np.ndarray, np.ndarray]:
    """P of the wider set; a residual with a planted word, one of noise, one that a word lowers, one of its own word."""
    rng = np.random.default_rng(0)
    wider, _ = two_views(rng, N, M)
    residuals = 5 + rng.normal(size=(N, 4))
    residuals[:, 0] += 4 * wider[:, PLANTED]
    residuals[:, 2] -= 9 * wider[:, PLANTED]
    residuals[:, 3] += 4 * wider[:, 3]
    return wider, residuals.astype(np.float32)


EXPLAINED = [Explanation(neuron, [WORDS[3], "a word that is not in the wider set"], [1.0, 1.0]) for neuron in range(4)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_concept_is_that_of_highest_correlation_on_train_and_is_tested_on_test(made, threads):
    wider, residuals = made
    table = found(wider, residuals, EXPLAINED, threads=threads)
    for row in table.itertuples():
        on_train = [np.corrcoef(wider[TRAIN, column], residuals[TRAIN, row.neuron])[0, 1] for column in range(M)]
        on_train[3] = -1  # which the explanation has
        best = int(np.argmax(on_train))
        assert row.missing_concept == WORDS[best]
        on_test = np.corrcoef(wider[TEST, best], residuals[TEST, row.neuron])[0, 1]
        assert row.missing_correlation == pytest.approx(on_test, abs=1e-5)
    assert table["missing_concept"][0] == WORDS[PLANTED] and table["missing_correlation"][0] > 0.4
    assert WORDS[PLANTED] != table["missing_concept"][2]


def test_an_empty_explanation_and_a_residual_that_never_varies_lack_nothing_that_could_be_told(made):
    wider, residuals = made[0].copy(), made[1].copy()
    residuals[:, 1], wider[:, 5] = 2.5, 0.25
    explained = [Explanation(0, status="unexplained"), *EXPLAINED[1:]]
    table = found(wider, residuals, explained)
    assert table.loc[[0, 1], "missing_concept"].isna().all() and table.loc[[0, 1], "missing_correlation"].isna().all()
    assert table.loc[[2, 3], "missing_concept"].notna().all() and WORDS[5] not in set(table["missing_concept"])
