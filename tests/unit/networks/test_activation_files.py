"""Activations that were recorded elsewhere: the same numbers from every kind of file, and what is refused."""

import re

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linexp.errors import LinexpError
from linexp.networks import activation_files

IMAGES = [f"photos/{number:03d}.jpg" for number in range(50)]
VALUES = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
SHUFFLED = np.random.default_rng(1).permutation(60)
MORE = np.vstack([VALUES, np.full((10, 7), np.nan, np.float32)])[SHUFFLED]
KEYS = [*IMAGES, *(f"others/{number}.jpg" for number in range(10))]
KEYS = [KEYS[row] for row in SHUFFLED]


def write(path, values, keys=None, lists=None):
    """A matrix in a file of the kind that its name says."""
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".parquet":
        columns = {f"unit {number}": column for number, column in enumerate(values.T)}
        columns = {"all": pa.array(list(values), lists)} if lists else columns
        pq.write_table(pa.table(({"key": keys} if keys else {}) | columns), path, row_group_size=9)
    else:
        with h5py.File(path, "w") as file:
            file["activations"] = values
            if keys:
                file["key"] = keys
    return path


def read(path, images=IMAGES, **dataset):
    with activation_files.opened(str(path), **dataset) as file:
        return np.concatenate(list(file.blocks(images)))


@pytest.fixture(params=["a.npy", "a.h5", "A.HDF5", "a.parquet"])
def path(request, tmp_path):
    return tmp_path / request.param


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(activation_files, "BLOCK", 100)  # 14 rows
    monkeypatch.setattr(activation_files, "BATCH", 11)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, ">f4", np.int16, np.uint8, bool])
def test_numbers_are_read_in_the_order_of_the_images_whatever_their_type(path, kind):
    values = (VALUES > 0).astype(kind) if kind is bool else (10 * VALUES).astype(kind)
    if path.suffix == ".parquet":
        values = values.astype(np.dtype(kind).newbyteorder("="))
    found = read(write(path, values))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values.astype(np.float32))


def test_columns_first_is_the_same(tmp_path):
    np.testing.assert_array_equal(read(write(tmp_path / "a.npy", np.asfortranarray(VALUES))), VALUES)


@pytest.mark.parametrize("name", ["a.h5", "a.parquet"])
def test_rows_with_keys_are_found_whatever_their_order_and_others_left_out(tmp_path, name):
    np.testing.assert_array_equal(read(write(tmp_path / name, MORE, KEYS)), VALUES)


@pytest.mark.parametrize("lists", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 7)])
def test_a_column_of_lists_is_a_matrix(tmp_path, lists):
    np.testing.assert_array_equal(read(write(tmp_path / "a.parquet", VALUES, lists=lists)), VALUES)
    np.testing.assert_array_equal(read(write(tmp_path / "a.parquet", MORE, KEYS, lists)), VALUES)


def test_a_data_set_is_read_by_its_name(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["layers/one"], file["layers/two"] = VALUES, VALUES + 1
    np.testing.assert_array_equal(read(tmp_path / "a.h5", dataset="layers/two"), VALUES + 1)
    with pytest.raises(LinexpError, match=r"has no data set 'activations', but layers/one, layers/two; name one with"):
        read(tmp_path / "a.h5")
    with pytest.raises(LinexpError, match="has no data set 'layers'"):
        read(tmp_path / "a.h5", dataset="layers")


WITH_NAN, WITH_INFINITY = VALUES.astype(float), VALUES.astype(float)
WITH_NAN[31, 4], WITH_INFINITY[31, 4] = np.nan, 1e39


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES[:49], "has 49 rows for 50 images; give one for each image"),
        (WITH_NAN, "unit 4 of image 'photos/031.jpg' is nan in single precision"),
        (WITH_INFINITY, "unit 4 of image 'photos/031.jpg' is inf in single precision"),
        (VALUES[:, :0], r"shape \(50, 0\); give a matrix of real numbers|has no column of activations"),
        (VALUES[:0], r"shape \(0, [07]\); give a matrix"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(path, values, message):
    with pytest.raises(LinexpError, match=message) as told:
        read(write(path, values))
    assert "\n" not in str(told.value) and re.match(r".*[aA]\.", str(told.value))


@pytest.mark.parametrize("name", ["a.npy", "a.h5"])
@pytest.mark.parametrize("values", [VALUES[0], VALUES[:, :, None], VALUES + 1j])
def test_what_is_no_matrix_of_real_numbers_is_refused(tmp_path, name, values):
    with pytest.raises(LinexpError, match="give a matrix of real numbers, a row an image and a column a unit"):
        read(write(tmp_path / name, values))


@pytest.mark.parametrize("name", ["a.h5", "a.parquet"])
def test_keys_that_lack_or_come_twice_are_refused(tmp_path, name):
    with pytest.raises(LinexpError, match=r"has no row for 2 of 50 images, such as 'photos/000.jpg'; give their `key`"):
        read(write(tmp_path / name, VALUES, ["x", "y", *IMAGES[2:]]))
    with pytest.raises(LinexpError, match=r"key 'photos/002.jpg' is in rows 0 and 2; keep one row an image"):
        read(write(tmp_path / name, VALUES, [IMAGES[2], *IMAGES[1:]]))


def test_keys_of_hdf5_that_are_not_those_of_rows_are_refused(tmp_path):
    with pytest.raises(LinexpError, match="has 50 rows, and 49 keys beside"):
        read(write(tmp_path / "a.h5", VALUES, IMAGES[1:]))
    with pytest.raises(LinexpError, match="key is no list of texts"):
        read(write(tmp_path / "a.h5", VALUES, list(range(50))))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"a": [1.0] * 50, "name": ["x"] * 50}, "column 'name' is string; keep `key` and numbers"),
        ({"a": [[1.0]] * 50, "b": [1.0] * 50}, "column 'a' has lists, and others are beside it"),
        ({"a": [[1.0]] * 49 + [[1.0, 2.0]]}, "its lists are of several lengths"),
        ({"a": [[1.0]] * 49 + [None]}, "its lists are of several lengths"),
        ({"a": [1.0] * 49 + [None]}, "unit 0 of image 'photos/049.jpg' is nan"),
        ({"key": IMAGES}, "has no column of activations; give one for each unit"),
    ],
)
def test_tables_that_are_no_matrix_are_refused(tmp_path, table, message):
    pq.write_table(pa.table(table), tmp_path / "a.parquet", row_group_size=9)
    with pytest.raises(LinexpError, match=message):
        read(tmp_path / "a.parquet")


def test_a_damaged_file_is_told(path):
    write(path, VALUES)
    path.write_bytes(path.read_bytes()[:70])
    with pytest.raises(LinexpError, match=r"\.(npy|h5|HDF5|parquet): is not an? .*; write it again"):
        read(path)


def test_a_pickle_is_never_opened(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(LinexpError, match=r"is not an \.npy file of numbers"):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (0.79, False), (0.85, True), (1.0, True)])
def test_activations_are_sparse_if_most_are_0(share, expected):
    values = np.random.default_rng(0).random((200, 100)) + 1
    values.flat[: round(share * values.size)] = 0
    assert activation_files.is_sparse(values) is expected
