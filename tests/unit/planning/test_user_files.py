"""The user's files: what a change of them is noticed by."""

import os

import pytest

from linexp.errors import LinexpError
from linexp.planning import user_files
from linexp.planning.user_files import digest_of, without_braces


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digest_of.cache_clear()
    yield tmp_path
    digest_of.cache_clear()


def test_a_large_file_is_read_again_only_if_its_size_or_time_is_another(place, monkeypatch):
    monkeypatch.setattr(user_files, "LARGE", 10)
    read = []
    monkeypatch.setattr(user_files, "_of_content", lambda path: read.append(path) or (place / path).read_text())
    (place / "a.pt").write_text("a" * 20)
    os.utime(place / "a.pt", (5, 5))

    def digest() -> str:
        digest_of.cache_clear()
        return digest_of("a.pt")

    assert digest() == digest() == "a" * 20 and len(read) == 1
    (place / "a.pt").write_text("b" * 20)
    os.utime(place / "a.pt", (4, 4))  # older, and yet another one
    assert digest() == "b" * 20
    os.utime(place / "a.pt", (6, 6))
    assert digest() == digest() == "b" * 20 and len(read) == 3
    (place / "results/.recipes/large_files.json").write_text("[")
    assert digest() == "b" * 20


@pytest.mark.parametrize("path", ["my {photos}/cat", "{1}.csv", "half{"])
def test_a_path_with_a_brace_is_refused_wherever_it_is(path):
    for files in (path, ["a.csv", path], {"file": "a.csv", "images": ["b.png", path]}):
        with pytest.raises(
            LinexpError, match="has a brace in its name, which Snakemake would fill in; rename it"
        ) as caught:
            without_braces(files)
        assert str(caught.value).startswith(path)


def test_other_paths_stay_as_they_are():
    files = {"file": "a [1] (b).csv", "images": ["$x/%s", "*.png"]}
    assert without_braces(files) == files
