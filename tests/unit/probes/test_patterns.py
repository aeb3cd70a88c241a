"""Patterns of paths: the files that they stand for, in which order."""

import pytest

from helpers.parquet_files import entry, parquet, png
from linexp.errors import LinexpError
from linexp.probes.patterns import matching
from linexp.probes.sources import missing, open_source, paths


def test_a_star_stands_for_files_in_the_order_of_their_names(tmp_path):
    for name in ("b.parquet", "a.parquet", "c.txt"):
        (tmp_path / name).touch()
    assert matching(f"{tmp_path}/*.parquet") == [f"{tmp_path}/a.parquet", f"{tmp_path}/b.parquet"]
    assert matching(f"{tmp_path}/x*.parquet") == [f"{tmp_path}/x*.parquet"], (
        "what is not there is told as it is written"
    )


def test_numbers_in_braces_have_the_digits_of_the_first():
    assert matching("val-{008..010}.tar") == ["val-008.tar", "val-009.tar", "val-010.tar"]
    assert matching("{1..2}/{8..10}") == ["1/8", "1/9", "1/10", "2/8", "2/9", "2/10"]
    with pytest.raises(LinexpError, match=r"files: \{3\.\.1\} of a\{3\.\.1\} is no range of numbers; write the lower"):
        matching("a{3..1}")


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path):
    for name in ("a[1].parquet", "a1.parquet"):
        (tmp_path / name).touch()
    assert matching(f"{tmp_path}/a[1].parquet") == [f"{tmp_path}/a[1].parquet"]


def test_images_of_all_files_of_a_pattern_follow_each_other(tmp_path, monkeypatch):
    for number in (2, 0, 1):
        parquet(tmp_path / f"part-{number}.parquet", [number])
    monkeypatch.setenv("PHOTOS", str(tmp_path))
    settings = entry("$PHOTOS/part-*.parquet")
    assert len(paths(settings)) == 3 and missing(settings) is None
    assert [open_source(settings).content(row) for row in range(3)] == [png(0), png(1), png(2)]
    assert "part-3.parquet does not exist" in missing(entry("$PHOTOS/part-{0..3}.parquet"))
    assert "none-*.parquet does not exist" in missing(entry("$PHOTOS/none-*.parquet"))
