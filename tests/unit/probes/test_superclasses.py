"""Superclasses of ImageNet: those that come with the program, and the rules by which they are made."""

import sys
from pathlib import Path

import numpy as np
import pytest

from linexp.errors import LinexpError
from linexp.probes.class_lists import class_names
from linexp.probes.labels import multi_hot
from linexp.probes.superclasses import RESOURCES, superclasses

TOOLS = Path(__file__).parents[3] / "tools"
KNOWN = {
    "dog": range(151, 269),
    "domestic cat": range(281, 286),
    "leporid": range(330, 333),
    "bear": range(294, 298),
    "insect": range(300, 327),
    "bird": [*range(7, 25), *range(80, 101), *range(127, 147)],
    "snake": range(52, 69),
    "entity": range(1000),
}
"""Class numbers of a few groups, as ImageNet's list of classes has them one after another."""


@pytest.fixture(scope="module")
def classes():
    return class_names("imagenet1k")


@pytest.fixture(scope="module")
def groups():
    return superclasses("wordnet")


def test_there_are_399_superclasses_of_different_classes(classes, groups):
    assert len(groups) == len({frozenset(members) for members in groups.values()}) == 399
    for members in groups.values():
        assert len(members) == len(set(members)) > 1
        assert [classes.index(member) for member in members] == sorted(classes.index(member) for member in members)


def test_names_are_distinct_words_without_underscores(classes, groups):
    names = [*classes, *groups]
    assert len(set(names)) == len(names) == 1399
    assert not any("_" in name for name in groups)


@pytest.mark.parametrize("name", KNOWN)
def test_a_superclass_has_the_classes_that_are_known_to_be_its_own(classes, groups, name):
    assert groups[name] == [classes[number] for number in KNOWN[name]]


def test_of_superclasses_with_the_same_classes_the_most_specific_stays(groups):
    assert {"leporid", "turtle", "vertebrate", "elephant"} <= set(groups)
    assert not {"lagomorph", "chelonian", "chordate", "pachyderm"} & set(groups)


def test_superclasses_of_one_name_are_one(groups):
    assert {"canoe", "beer bottle"} <= set(groups["vessel"])
    assert {"quail", "jigsaw puzzle"} <= set(groups["game"])


def test_a_superclass_named_as_a_class_is_told_apart_by_its_own_hypernym(classes, groups):
    assert "mask" in classes and "mask" not in groups
    assert groups["mask protective covering"] == ["gasmask", "ski mask"]
    assert groups["brass wind instrument"] == ["cornet", "French horn", "trombone"]


def test_images_of_all_classes_get_their_superclasses(classes, groups):
    labels = multi_hot(np.arange(1000), classes, groups)
    assert labels.matrix.shape == (1000, 1399)
    for name, numbers in KNOWN.items():
        assert np.flatnonzero(labels.matrix[:, labels.concepts.index(name)]).tolist() == list(numbers)
    assert (labels.classes_covered > 300).sum() == 9


def test_a_name_that_is_neither_built_in_nor_a_file_is_refused():
    with pytest.raises(LinexpError, match="superclasses: wordnets is neither cifar100, wordnet nor a file that can be"):
        superclasses("wordnets")


TREE = {
    1: ("entity", []),
    2: ("animal", [1]),
    3: ("pet", [2]),
    4: ("dog", [18]),
    5: ("poodle", [4]),
    6: ("husky", [4, 15]),
    7: ("cat", [3]),
    8: ("tabby cat", [7]),
    9: ("car", [1]),
    10: ("tank", [9]),
    11: ("tank", [16]),
    12: ("rain barrel", [11]),
    13: ("water tower", [11]),
    14: ("pet", [16]),
    15: ("worker", [1]),
    16: ("thing", [1]),
    17: ("old cat", [14]),
    18: ("canine", [3]),
}
"""A small WordNet: number to lemma and hypernyms."""
LEAVES = [5, 6, 8, 10, 12, 13, 17]


@pytest.fixture
def small_wordnet(tmp_path):
    lines = ["  1 a licence, indented  \n"]
    for number, (lemma, hypernyms) in TREE.items():
        pointers = "".join(f"@{'i' * (number == 6)} {to:08} n 0000 " for to in hypernyms)
        lemmas = f"02 {lemma.replace(' ', '_')} 0 synonym{number} 0"
        lines.append(f"{number:08} 03 n {lemmas} {len(hypernyms):03} {pointers}| gloss 001 @ {number:08} n 0000  \n")
    (tmp_path / "data.noun").write_text("".join(lines))
    return tmp_path


def test_superclasses_are_made_from_wordnets_files_by_the_rules(small_wordnet, monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    monkeypatch.delitem(sys.modules, "wordnet", raising=False)
    from make_superclasses import superclasses as made
    from wordnet import noun_synsets

    synsets = noun_synsets(small_wordnet)
    assert synsets["00000006"].hypernyms == ["00000004", "00000015"]
    assert synsets["00000008"].lemmas == ["tabby cat", "synonym8"]
    found = made(synsets, [f"{number:08}" for number in LEAVES], [TREE[number][0] for number in LEAVES])
    assert found == {
        "entity": ["poodle", "husky", "tabby cat", "tank", "rain barrel", "water tower", "old cat"],
        "pet": ["poodle", "husky", "tabby cat", "old cat"],
        "animal": ["poodle", "husky", "tabby cat"],
        "thing": ["rain barrel", "water tower", "old cat"],
        "dog": ["poodle", "husky"],
        "tank thing": ["rain barrel", "water tower"],
    }
    assert list(found) == ["entity", "pet", "animal", "thing", "dog", "tank thing"]


def test_the_file_says_where_it_comes_from_and_under_which_licence():
    assert "tools/make_superclasses.py" in (RESOURCES / "imagenet1k_superclasses.yaml").read_text(encoding="utf-8")
    terms = (RESOURCES / "README.md").read_text(encoding="utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University." in terms
    assert all(f"`{path.name}`" in terms for path in RESOURCES.iterdir() if path.name != "README.md")
