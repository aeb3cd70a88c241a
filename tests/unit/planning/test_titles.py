"""What methods are called on pages."""

from types import SimpleNamespace

import pytest

from linexp.planning.titles import method_titles, title_of


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ({"kind": "linear", "presence": "label", "greedy": {}}, "LE (labels)"),
        ({"kind": "linear", "presence": "pseudo", "top_k": 5}, "LE (pseudo-labels), top 5"),
        ({"kind": "linear", "presence": "both", "search": {}}, "LE (both), full search"),
        ({"kind": "best_concept", "presence": "pseudo"}, "Best single concept"),
        ({"kind": "clip_dissect"}, "CLIP-Dissect"),
        ({"kind": "network_dissection"}, "Network Dissection"),
        ({"kind": "imported", "file": "x.csv"}, "my milan"),
    ],
)
def test_a_method_is_called_by_what_it_is(entry, title):
    assert title_of("my_milan", entry) == title


def test_methods_that_would_be_called_the_same_are_told_apart_by_their_keys():
    pseudo = {"kind": "linear", "presence": "pseudo"}
    methods = {"le": pseudo, "le_nouns": pseudo | {"concepts": "nouns"}, "clip": {"kind": "clip_dissect"}}
    config = {"methods": methods, "targets": {"net": {"methods": list(methods)}}}
    found = method_titles(config, SimpleNamespace(target="net"))
    assert found == ["LE (pseudo-labels) · le", "LE (pseudo-labels) · le_nouns", "CLIP-Dissect"]
