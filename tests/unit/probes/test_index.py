"""The index of a probe: the split, the facts of every image, and what makes two probes different."""

import hashlib
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from linexp.errors import LinexpError
from linexp.probes.image_source import ImageSource
from linexp.probes.index import (
    SPLITS,
    IndexedImages,
    contents_of,
    copies_in,
    distinct_rows_of,
    fingerprint,
    fitting_rows,
    index_images,
    rows_of,
    split_images,
)

PAPER = {"train": 0.7, "val": 0.1, "test": 0.2}


class Images(ImageSource):
    """A source in memory."""

    def __init__(self, n: int = 20):
        self.keys = [f"image{number}" for number in range(n)]
        self.labels = np.array([number % 3 - 1 for number in range(n)], np.int32)
        self.class_names = ["cat", "dog"]
        self.contents = []
        for number in range(n):
            buffer = io.BytesIO()
            Image.new("RGB", (4 + number, 4), (number, 0, 0)).save(buffer, "PNG")
            self.contents.append(buffer.getvalue())

    def content(self, row: int) -> bytes:
        return self.contents[row]


@given(n=st.integers(0, 5000), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_every_image_is_in_one_split_and_the_shares_are_70_10_20(n, seed):
    split = split_images(n, PAPER, seed)
    assert len(split) == n and set(split) <= set(SPLITS)
    for name in SPLITS:
        assert abs(np.count_nonzero(split == name) - PAPER[name] * n) <= 1


@pytest.mark.parametrize(("n", "counts"), [(10, (7, 1, 2)), (1000, (700, 100, 200)), (50_000, (35_000, 5_000, 10_000))])
def test_round_numbers_are_split_exactly(n, counts):
    split = split_images(n, PAPER, 0)
    assert tuple(np.count_nonzero(split == name) for name in SPLITS) == counts


@given(
    shares=st.tuples(*[st.floats(0.05, 1)] * 3),
    n=st.integers(1, 500),
)
@settings(max_examples=40, deadline=None)
def test_any_shares_are_kept_within_an_image(shares, n):
    fractions = dict(zip(SPLITS, np.array(shares) / sum(shares), strict=True))
    split = split_images(n, fractions, 1)
    assert all(abs(np.count_nonzero(split == name) - fractions[name] * n) <= 1 for name in SPLITS)


def test_the_split_depends_on_the_seed_and_on_nothing_else():
    split = split_images(200, PAPER, 7)
    np.random.seed(1)
    np.testing.assert_array_equal(split_images(200, PAPER, 7), split)
    assert (split_images(200, PAPER, 8) != split).any()
    assert (split[:20] != "train").any(), "it is not by position"


def test_rows_of_the_splits_are_ascending_and_together_all_images():
    index = index_images(Images(50), PAPER, 0)
    rows = [rows_of(index, name) for name in SPLITS]
    assert all((np.diff(part) > 0).all() for part in rows)
    assert sorted(np.concatenate(rows)) == list(range(50))
    np.testing.assert_array_equal(rows_of(index, "all"), np.arange(50))
    digests = index["sha256"].to_pylist()
    assert [contents_of(index, name) for name in SPLITS] == [[digests[row] for row in part] for part in rows]
    np.testing.assert_array_equal(fitting_rows(index, paper_parity=False), rows[0])
    np.testing.assert_array_equal(fitting_rows(index, paper_parity=True), np.arange(50))
    for name, part in zip(SPLITS, rows, strict=True):
        firsts = [row for row in part if digests[row] not in [digests[other] for other in part if other < row]]
        np.testing.assert_array_equal(distinct_rows_of(index, name), firsts)
    copied = pa.table({"sha256": ["b", "a", "b", "c", "a", "b"], "split": ["test"] * 5 + ["train"]})
    assert distinct_rows_of(copied, "test").tolist() == [0, 1, 3]


def test_the_index_has_the_columns_of_the_contract():
    source = Images(20)
    index = index_images(source, PAPER, 0)
    expected = {
        "image": pa.int32(),
        "key": pa.string(),
        "size": pa.int64(),
        "sha256": pa.string(),
        "label": pa.int32(),
        "class_name": pa.string(),
        "split": pa.string(),
    }
    assert dict(zip(index.column_names, index.schema.types, strict=True)) == expected
    assert index["image"].to_pylist() == list(range(20))
    assert index["key"].to_pylist() == source.keys
    assert index["size"].to_pylist() == list(map(len, source.contents))
    assert index["sha256"].to_pylist() == [hashlib.sha256(content).hexdigest() for content in source.contents]
    assert index["label"].to_pylist() == source.labels.tolist()
    assert index["class_name"].to_pylist() == [["", "cat", "dog"][label + 1] for label in source.labels]
    assert index["split"].to_pylist() == split_images(20, PAPER, 0).tolist()


def test_threads_make_the_same_index():
    assert index_images(Images(70), PAPER, 0, threads=4).equals(index_images(Images(70), PAPER, 0, threads=1))


def test_a_damaged_image_is_found_before_any_other_work():
    source = Images(20)
    source.contents[13] = source.contents[13][:-30]
    with pytest.raises(LinexpError, match=r"image image13 .*; repair or remove it"):
        index_images(source, PAPER, 0, threads=2)


@pytest.mark.parametrize("threads", [1, 3])
def test_images_of_one_content_are_in_one_split_and_counted(threads):
    source = Images(64)
    for row in range(3, 64, 3):
        source.contents[row] = source.contents[0]
    source.contents[7] = source.contents[5]
    index = index_images(source, PAPER, 0, threads)
    split, alone = np.array(index["split"].to_pylist()), split_images(64, PAPER, 0)
    assert set(split[::3]) == {alone[0]} and split[7] == split[5] == alone[5]
    others = [row for row in range(64) if row % 3 and row != 7]
    assert (split[others] == alone[others]).all()
    assert copies_in(index) == 22 and copies_in(index_images(Images(64), PAPER, 0)) == 0


def test_copies_that_leave_no_image_for_a_split_are_refused():
    source = Images(20)
    source.contents = [source.contents[0]] * 20
    with pytest.raises(LinexpError, match=r"20 images leave none for (train|val|test)"):
        index_images(source, PAPER, 0)


def test_two_images_with_one_key_are_refused():
    source = Images(20)
    source.keys[4] = "image3"
    with pytest.raises(LinexpError, match="two images have the key image3; give each its own"):
        index_images(source, PAPER, 0)


def test_too_few_images_for_the_split_are_refused_and_an_empty_split_that_is_asked_for_is_not():
    with pytest.raises(LinexpError, match="3 images leave none for val; take more images, or another split"):
        index_images(Images(3), PAPER, 0)
    index = index_images(Images(20), {"train": 0.95, "val": 0.05, "test": 0.0}, 0)
    assert index["split"].to_pylist().count("test") == 0


@pytest.fixture(scope="module")
def index() -> pa.Table:
    return index_images(Images(20), PAPER, 0)


def with_value(table: pa.Table, name: str, row: int, value) -> pa.Table:
    values = table[name].to_pylist()
    values[row] = value
    column = table.column_names.index(name)
    return table.set_column(column, name, pa.array(values, table.schema.field(name).type))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("key", "renamed"),
        ("size", 1),
        ("sha256", "0" * 64),
        ("label", -1),
        ("label", 0),
        ("split", "train"),
        ("split", "test"),
    ],
)
def test_the_fingerprint_changes_with_every_fact_of_every_image(index, column, value):
    changed = {fingerprint(with_value(index, column, row, value)) for row in range(20)}
    unchanged = sum(index[column].to_pylist()[row] == value for row in range(20))
    assert unchanged < 20
    assert len(changed - {fingerprint(index)}) == 20 - unchanged


def test_the_fingerprint_changes_with_the_order_and_number_of_images(index):
    turned = index.take(list(range(19, -1, -1)))
    assert len({fingerprint(table) for table in (index, turned, index.slice(0, 19), index.slice(1))}) == 4


def test_the_fingerprint_is_the_same_for_the_same_images(index):
    again = index_images(Images(20), PAPER, 0, threads=3)
    assert fingerprint(again) == fingerprint(index)
    renamed = with_value(index, "class_name", 1, "another name for the class")
    assert fingerprint(renamed) == fingerprint(index)
    assert len(fingerprint(index)) == 64


def test_indexed_images_are_the_images_of_the_source(index):
    source = Images(20)
    images = IndexedImages(source, index)
    assert len(images) == 20
    for row in (3, 0, 19):
        assert (images[row].mode, images[row].size) == ("RGB", (4 + row, 4))
        assert images[row].getpixel((0, 0)) == (row, 0, 0)


def test_a_changed_image_is_noticed_and_named(index):
    source = Images(20)
    images = IndexedImages(source, index)
    source.contents[5] = source.contents[6]
    assert images[4].size == (8, 4)
    with pytest.raises(LinexpError, match=r"image image5 has changed since it was indexed; delete index.parquet"):
        images[5]


@pytest.mark.parametrize("n", [19, 21])
def test_another_number_of_images_is_noticed(index, n):
    with pytest.raises(LinexpError, match=rf"there are {n} images, but 20 are indexed; delete index.parquet"):
        IndexedImages(Images(n), index)
