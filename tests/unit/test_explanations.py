"""Explanations as text, as a table and as a matrix."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.explanations import Explanation, by_weight, from_table, to_table, weight_matrix

finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text('ab ß雪❄"\\,\n', min_size=1, max_size=12)


@st.composite
def _any_explanation(draw) -> Explanation:
    concepts = draw(st.lists(names, max_size=10, unique=True))
    return Explanation(
        neuron=draw(st.integers(0, 2**31 - 1)),
        concepts=concepts,
        weights=draw(st.lists(finite, min_size=len(concepts), max_size=len(concepts))),
        bias=draw(finite),
        val_correlation=draw(st.none() | st.floats(-1, 1)),
        status=draw(st.sampled_from(["ok", "unexplained", "constant", "missing", "not_converged"])),
    )


def test_an_explanation_reads_as_a_formula():
    explanation = Explanation(1, ["snow", "dog", "hot dog"], [2.1, 1.404, -0.257])
    assert explanation.text() == "2.10·snow + 1.40·dog - 0.26·hot dog"
    assert explanation.text(digits=0) == "2·snow + 1·dog - 0·hot dog"
    assert Explanation(1, ["snow"], [1.0]).text() == "1.00·snow"
    assert Explanation(1, ["snow"], [1.0], bias=0.2).text() == "1.00·snow + 0.20"
    assert Explanation(1, ["snow"], [1.0], bias=-0.25).text(digits=1) == "1.0·snow - 0.2"


def test_a_negative_first_weight_has_its_sign_in_front():
    assert Explanation(1, ["sky", "sea"], [-0.5, -1.25]).text() == "-0.50·sky - 1.25·sea"


@pytest.mark.parametrize("status", ["unexplained", "constant", "missing"])
def test_an_explanation_without_concepts_reads_as_its_status(status):
    assert Explanation(1, status=status).text() == status


def test_concepts_are_ordered_by_descending_weight_with_their_weights():
    explanation = by_weight(7, ["a", "b", "c", "d"], np.array([0.5, -2.0, 3.0, 1.0]), 0.25, 0.75, "ok")
    assert explanation == Explanation(7, ["c", "d", "a", "b"], [3.0, 1.0, 0.5, -2.0], 0.25, 0.75, "ok")


def test_equal_weights_keep_their_order():
    explanation = by_weight(0, ["a", "b", "c", "d"], np.array([1.0, 2.0, 1.0, 2.0]), 0.0, 0.5, "not_converged")
    assert explanation.concepts == ["b", "d", "a", "c"]
    assert explanation.status == "not_converged"


@settings(deadline=None)
@given(st.lists(_any_explanation(), max_size=8))
def test_a_table_gives_back_the_explanations_that_it_was_made_of(explanations):
    assert from_table(to_table(explanations)) == explanations


def test_a_table_has_the_columns_of_the_artifact_and_survives_a_file(tmp_path):
    explanations = [
        Explanation(3, ["snow", "Schnee ❄"], [2.0, -1.5], 0.5, 0.25),
        Explanation(4, bias=0.125, status="constant"),
    ]
    table = to_table(explanations)
    assert {field.name: field.type for field in table.schema} == {
        "neuron": pa.int32(),
        "concepts": pa.list_(pa.string()),
        "weights": pa.list_(pa.float64()),
        "bias": pa.float64(),
        "val_correlation": pa.float64(),
        "status": pa.string(),
    }
    pq.write_table(table, tmp_path / "explanations.parquet")
    first, second = from_table(pq.read_table(tmp_path / "explanations.parquet"))
    assert first == explanations[0]
    assert (second.neuron, second.concepts, second.weights, second.bias) == (4, [], [], 0.125)
    assert (second.val_correlation, second.status) == (None, "constant")


def test_the_weight_matrix_has_each_weight_in_its_row_and_column():
    explanations = [
        Explanation(5, ["dog", "snow"], [2.0, -1.0]),
        Explanation(6, status="unexplained"),
        Explanation(7, ["snow"], [0.5]),
        Explanation(8, ["dog", "dog"], [1.0, 0.25]),  # an imported file may name a concept twice
    ]
    weights = weight_matrix(explanations, ["snow", "cat", "dog"])
    np.testing.assert_array_equal(weights, [[-1, 0, 0.5, 0], [0, 0, 0, 0], [2, 0, 0, 1.25]])


def test_a_concept_that_has_no_row_is_an_error():
    with pytest.raises(KeyError, match="snow"):
        weight_matrix([Explanation(5, ["snow"], [1.0])], ["dog"])
