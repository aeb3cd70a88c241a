"""docs/how-it-works.md names modules and equations where they are."""

import re
from pathlib import Path

import pytest

import linexp

LIBRARY = Path(linexp.__file__).parent
PAGE = Path(__file__).parents[2] / "docs/how-it-works.md"


def rows() -> list[tuple[str, list[str]]]:
    """What stands in the table "Where is …": what, and the files; one without a folder is in that before it."""
    found = []
    for what, where in re.findall(
        r"^\| (.+) \| (.+) \|$", PAGE.read_text().split("## Where is")[1].split("## ")[0], re.M
    ):
        files, folder = [], ""
        for name in re.findall(r"`([\w/]+\.py)`", where):
            folder = f"{Path(name).parent}/" if "/" in name else folder
            files.append(name if "/" in name else folder + name)
        if files:
            found.append((what, files))
    return found


def equations(text: str) -> set[int]:
    numbers = set()
    for listed in re.findall(r"Eq\. (\d+(?:(?:[-–]|, | and )\d+)*)", text):
        for first, last in re.findall(r"(\d+)(?:[-–](\d+))?", listed):
            numbers.update(range(int(first), int(last or first) + 1))
    return numbers


@pytest.mark.parametrize("what, files", rows())
def test_a_table_says_where_things_are(what, files):
    texts = [(LIBRARY / file).read_text() for file in files]
    assert equations(what) <= set.union(*map(equations, texts))


def test_the_table_has_all_equations_that_are_computed():
    assert set.union(*(equations(what) for what, _ in rows())) >= {*range(1, 14), 16, 17, 18}
