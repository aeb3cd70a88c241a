"""Splits from a file: by key or number, as they are there."""

import numpy as np
import pandas as pd
import pytest

from helpers.images import Images
from linexp.errors import LinexpError
from linexp.probes.index import copies_across, index_images
from linexp.probes.splits import read_split

KEYS = ["a.png", "b.png", "c.png", "d.png"]
SPLIT = ["test", "train", "val", "train"]
PAPER = {"train": 0.7, "val": 0.1, "test": 0.2}


def written(path, table: dict):
    frame = pd.DataFrame(table)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("column", ["key", "image"])
def test_a_split_goes_by_key_or_by_number_in_any_order(tmp_path, suffix, column):
    names = KEYS if column == "key" else range(4)
    table = pd.DataFrame({column: names, "split": SPLIT, "more": 1})[::-1]
    path = written(tmp_path / f"splits{suffix}", table)
    assert read_split(path, KEYS).tolist() == SPLIT
    assert read_split(path, KEYS[:2]).tolist() == SPLIT[:2], "rows of others are left alone"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"key": KEYS}, "has the columns key; it has to have key or image, and split"),
        ({"key": KEYS[:3], "split": SPLIT[:3]}, "has no row for 1 of 4 images, such as key d.png; add them"),
        ({"key": [*KEYS, "a.png"], "split": [*SPLIT, "val"]}, "has key a.png twice; keep one row an image"),
        ({"image": range(4), "split": ["dev", *SPLIT[1:]]}, "image '0' is in 'dev'; write one of train, val, test"),
    ],
)
def test_a_file_that_does_not_say_it_of_every_image_is_refused(tmp_path, table, message):
    with pytest.raises(LinexpError, match=f"^split: .*{message}"):
        read_split(written(tmp_path / "splits.csv", table), KEYS)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "splits.parquet").write_text("key,split\n")
    with pytest.raises(LinexpError, match=r"^split: .* cannot be read \(.*\); give a CSV or Parquet file"):
        read_split(tmp_path / "splits.parquet", KEYS)


def test_an_index_has_the_split_that_is_given_whatever_the_seed_and_copies_stay_where_it_puts_them():
    source = Images(numbers=range(10))
    source.contents[9] = source.contents[0]
    given = np.array(["train", "val", "test"] * 3 + ["val"])
    for seed in (0, 1):
        index = index_images(source, PAPER, seed, given=given)
        assert index["split"].to_pylist() == given.tolist()
    assert copies_across(index) == 1
    assert copies_across(index_images(source, PAPER, 0)) == 0
    with pytest.raises(LinexpError, match="10 images leave none for test"):
        index_images(source, PAPER, 0, given=np.array(["train"] * 9 + ["val"]))
