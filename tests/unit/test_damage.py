"""Flipped bits, and files that end too early: refused by the name of the file, or read as they were written."""

import numpy as np
import pyarrow as pa
import pytest

from linexp import store
from linexp.errors import LinexpError

PROVENANCE = store.Provenance("a_rule", {"λ": 0.05, "concepts": ["dog", "cat"]}, "f" * 64)
RANDOM = np.random.default_rng(0)
TABLE = pa.table(
    {
        "neuron": pa.array(range(40), pa.int32()),
        "status": ["ok", None, "constant", "groß"] * 10,
        "concepts": pa.array([["dog", "cat"], [], None, ["x"]] * 10, pa.list_(pa.string())),
        "weights": pa.array([[0.5, -1.0], [], None, [2.0]] * 10, pa.list_(pa.float64())),
        "dead": [True, False] * 20,
        "image": [{"bytes": b"\x00\xff", "path": None}, None] * 20,
    }
)
ARRAYS = {
    "P": RANDOM.random((70, 12), np.float32),
    "labels": RANDOM.integers(0, 2, (70, 3)).astype(np.uint8),
    "kept": RANDOM.random(12) < 0.5,
    "count": 70,
    "mean": RANDOM.random(12),
    "empty": np.zeros((3, 0), np.float32),
    "concepts": [f"concept {number} ü" for number in range(12)],
}


def write_arrays(path):
    with store.create_arrays(path, PROVENANCE) as file:
        for name, values in ARRAYS.items():
            store.write_array(file.require_group("train"), name, values)
        store.write_rows(file, "rows", [ARRAYS["P"]], 70, chunk_columns=5)
        file.attrs["temperature"] = 1.25


def read_arrays(path):
    (*arrays, rows) = store.read_arrays(path, *(f"train/{name}" for name in ARRAYS if name != "concepts"), "rows")
    with store.open_arrays(path) as file:
        column, part = store.read_column(file["rows"], 7), store.read_rows(file["rows"], 3, 9)
    arrays = [(array.dtype.str, array.shape, array.tobytes()) for array in (*arrays, rows, column, part)]
    strings = store.read_strings(path, "train/concepts")
    return arrays, strings, float(store.read_attribute(path, "temperature")), store.probe_fingerprint(path)


def read_table(path):
    # what lists call their items is Parquet's affair
    return store.read_table(path).to_pylist(), store.read_table(path).column_names, store.probe_fingerprint(path)


FORMATS = {
    "a.h5": (write_arrays, read_arrays),
    "a.parquet": (lambda path: store.write_table(path, PROVENANCE, TABLE), read_table),
    "a.json": (lambda path: store.write_json(path, PROVENANCE, {"a": 1.25, "λ": ["ü", None]}), store.read_json),
}
every_format = pytest.mark.parametrize("name", FORMATS)


def refused(path, read, content: bytes, right) -> bool:
    """Whether content is refused by the name of its file; if it is read, then as it was written."""
    path.write_bytes(content)
    try:
        found = read(path)
    except LinexpError as error:
        line = str(error)
        assert line.startswith(str(path)) and line.endswith(f"make it again: snakemake --cores all -f {path}"), line
        assert "\n" not in line
        return True
    assert found == right
    return False


@every_format
def test_a_flipped_bit_anywhere_is_never_read_as_other_data(tmp_path, name):
    path, (write, read) = tmp_path / name, FORMATS[name]
    write(path)
    whole, right = path.read_bytes(), read(path)
    places = RANDOM.permutation(len(whole) * 8)[:2500]
    count = 0
    for place in places:
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        count += refused(path, read, bytes(content), right)
    print(name, len(whole), len(places), count)
    assert count > 0.05 * len(places)


@every_format
def test_a_file_that_ends_anywhere_is_refused(tmp_path, name):
    path, (write, read) = tmp_path / name, FORMATS[name]
    write(path)
    whole, right = path.read_bytes(), read(path)
    last = len(whole.rstrip())
    for length in {*range(0, last, max(1, last // 300)), last - 1}:
        assert refused(path, read, whole[:length], right), length
