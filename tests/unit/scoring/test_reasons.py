"""The reason why a neuron is not explained follows from what its explanation reaches and what others could."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from linexp.scoring.reasons import CEILINGS, MISSING, reasons, with_ceilings, with_missing_concepts

NAN = float("nan")


@pytest.mark.parametrize(
    ("own", "search", "concepts", "simulator", "embeddings", "reason"),
    [
        (0.1, 0.1, 0.1, 0.1, 0.1, "neuron"),
        (0.1, 0.6, 0.1, 0.1, 0.1, "too_short"),
        (0.1, 0.1, 0.6, 0.6, 0.7, "too_short"),
        (0.1, 0.1, 0.6, 0.1, 0.7, "simulator"),
        (0.1, 0.1, 0.1, 0.6, 0.7, "explainer"),
        (0.1, 0.1, 0.1, 0.1, 0.6, "no_word"),
        (0.09, 0.1, 0.1, 0.1, 0.19, "neuron"),  # more than twice as much, but below .2
        (0.3, 0.4, 0.4, 0.4, 0.42, "neuron"),  # less than twice the variance
        (0.3, 0.4, 0.4, 0.4, 0.43, "no_word"),
        (-0.9, 0.2, 0.1, 0.1, 0.1, "too_short"),  # what is below 0 counts 0
        (NAN, 0.2, 0.1, 0.1, 0.1, "too_short"),
        (0.1, NAN, 0.6, 0.6, 0.7, None),
    ],
)
def test_a_reason_is_what_lies_between_high_and_low_ceilings(own, search, concepts, simulator, embeddings, reason):
    ceilings = np.array([[search, concepts, simulator, embeddings]])
    assert reasons(np.array([own]), ceilings).tolist() == [reason]


def scores() -> pd.DataFrame:
    pairs = [("le", "one"), ("le", "two"), ("clip", "one")]
    rows = [(method, simulator, neuron) for method, simulator in pairs for neuron in range(3)]
    table = pd.DataFrame(rows, columns=["method", "simulator", "neuron"]).astype({"neuron": np.int32})
    return table.assign(correlation=0.1, verdict=["explained", "predicts_only", "constant"] * 3)


def test_ceilings_stand_beside_the_scores_of_their_method_with_the_main_simulator_alone():
    values = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, 0.6, 0.7, 0.8], [NAN] * 4])
    table = pd.DataFrame(values, columns=CEILINGS).assign(neuron=np.arange(3, dtype=np.int32))
    found = with_ceilings(scores(), {"le": table[::-1]}, "one")
    np.testing.assert_array_equal(found.loc[:2, CEILINGS], values)
    assert found.loc[3:, CEILINGS].isna().all(axis=None)
    assert found["why_not"].fillna("").tolist() == ["", "too_short", ""] + [""] * 6, "only of what is not explained"
    assert with_ceilings(scores(), {}, "one")[[*CEILINGS, "why_not"]].isna().all(axis=None)


def test_missing_concepts_do_so_too_and_a_column_without_any_is_of_text_still():
    table = pd.DataFrame({"neuron": np.arange(3, dtype=np.int32), MISSING[0]: ["dog", None, "cat"], MISSING[1]: 0.3})
    found = with_missing_concepts(scores(), {"le": table}, "one")
    assert found["missing_concept"].fillna("").tolist() == ["dog", "", "cat"] + [""] * 6
    for one in (found, with_ceilings(with_missing_concepts(scores(), {}, "one"), {}, "one")):
        schema = pa.Table.from_pandas(one, preserve_index=False).schema
        assert {schema.field(name).type for name in one if name in ("missing_concept", "why_not")} == {pa.string()}
        assert schema.field("missing_correlation").type == pa.float64()
