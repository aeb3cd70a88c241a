"""Concept sets: no duplicates, the first origin, and files with one concept a line."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linexp.concepts.sets import BUILT_IN, concept_table, read_concepts
from linexp.errors import LinexpError


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.lists(st.sampled_from("abcdef"), max_size=6)), max_size=5))
def test_every_concept_is_there_once_in_order_with_its_first_origin(parts):
    listed = [(concept, origin) for origin, concepts in parts for concept in concepts]
    assume(listed)
    table = concept_table(parts)
    concepts = table["concept"].to_pylist()
    assert len(set(concepts)) == len(concepts)
    assert concepts == sorted({concept for concept, _ in listed}, key=[concept for concept, _ in listed].index)
    for concept, origin in zip(concepts, table["origin"].to_pylist(), strict=True):
        assert origin == next(first for other, first in listed if other == concept)


def test_concepts_that_differ_in_case_are_different():
    assert concept_table([("a", ["Turkey", "turkey"])])["concept"].to_pylist() == ["Turkey", "turkey"]


def test_the_built_in_sets_take_their_origins():
    assert set(BUILT_IN) == {"class_names", "superclasses", "labels"}
    assert set(BUILT_IN["labels"]) >= {*BUILT_IN["class_names"], *BUILT_IN["superclasses"]}


def test_concepts_are_the_lines_of_a_file_without_blanks(tmp_path):
    (tmp_path / "words.txt").write_bytes("\ufeffsnow\r\n\r\n  a hot dog \r\nGrünfink {x}\n\n".encode())
    assert read_concepts(tmp_path / "words.txt") == ["snow", "a hot dog", "Grünfink {x}"]
    (tmp_path / "parted.txt").write_text("Gru\u0308nfink {x}", encoding="utf-8")
    assert read_concepts(tmp_path / "parted.txt") == ["Gr\u00fcnfink {x}"], "an accent may be a character of its own"


@pytest.mark.parametrize("content", [b"", b"\n \n\t\n", b"\xef\xbb\xbf"])
def test_a_file_without_concepts_is_refused(tmp_path, content):
    (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(LinexpError, match=r"words.txt has no concepts; write one a line"):
        read_concepts(tmp_path / "words.txt")


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "words.txt").write_bytes("Grün".encode("latin-1"))
    with pytest.raises(LinexpError, match=r"words.txt is not UTF-8 text; write one concept a line"):
        read_concepts(tmp_path / "words.txt")
    for path in (tmp_path / "nowhere.txt", tmp_path):
        with pytest.raises(
            LinexpError, match=rf"{path} cannot be read \(.*\); give a text file with one concept a line"
        ):
            read_concepts(path)


def test_an_empty_concept_set_is_an_error():
    with pytest.raises(LinexpError, match="the concept set is empty; take a file of concepts"):
        concept_table([("class_names", []), ("superclasses", [])])
