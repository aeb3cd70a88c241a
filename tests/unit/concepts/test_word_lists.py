"""The word lists that come with the program: how many words, of which kind, in which order."""

import pytest

from linexp.concepts.sets import concept_table, read_concepts
from linexp.probes.superclasses import RESOURCES

LISTS = {"nouns.txt": 6_800, "words.txt": 20_000}


@pytest.fixture(scope="module")
def nouns():
    return read_concepts(RESOURCES / "nouns.txt")


@pytest.fixture(scope="module")
def words():
    return read_concepts(RESOURCES / "words.txt")


@pytest.mark.parametrize(("name", "count"), LISTS.items())
def test_a_list_has_the_papers_number_of_different_words(name, count):
    listed = read_concepts(RESOURCES / name)
    assert len(listed) == len(set(listed)) == count
    assert len(concept_table([("word", listed)])) == count


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_lower_case_letters_and_one_word_a_line(name):
    text = (RESOURCES / name).read_bytes()
    assert text.endswith(b"\n") and not text.endswith(b"\n\n")
    lines = text.decode("ascii").removesuffix("\n").split("\n")
    assert all(line.isalpha() and line == line.lower() and len(line) > 1 for line in lines)
    assert len(lines) == LISTS[name]


def test_the_most_frequent_words_come_first(words):
    assert words[:3] == ["the", "to", "and"]
    rank = {word: number for number, word in enumerate(words)}
    falling = ["the", "people", "house", "dog", "elephant", "aquarium"]
    assert sorted(falling, key=rank.__getitem__) == falling


def test_nouns_are_in_the_order_of_the_words(nouns, words):
    rank = {word: number for number, word in enumerate(words)}
    ranks = [rank[noun] for noun in nouns if noun in rank]
    assert ranks == sorted(ranks)
    assert [noun in rank for noun in nouns] == [True] * len(ranks) + [False] * (len(nouns) - len(ranks))


def test_what_images_show_is_among_the_nouns(nouns):
    shown = (
        "dog cat snow water car tree building house road bird flower sky face hand window painting fish food boat "
        "train bridge beach mountain grass fur feather wheel kitchen bed chair table dress clock butterfly tunnel"
    )
    assert set(shown.split()) <= set(nouns)


@pytest.mark.parametrize(
    "kind", ["the of and with", "is are was getting quickly", "will might while", "john london paris monday january"]
)
def test_function_words_verbs_and_names_are_not_among_the_nouns(nouns, words, kind):
    assert set(kind.split()) <= set(words)
    assert not set(kind.split()) & set(nouns)


def test_plurals_and_gerunds_are_nouns_only_where_they_are_used_as_such(nouns):
    listed = set(nouns)
    assert {"clothes", "pants", "woods", "building", "wedding", "painting"} <= listed
    assert not {"years", "dogs", "eyes", "men", "teeth", "going", "saying", "putting"} & listed
