"""Artifacts: whole or not there, with their provenance, the same bytes every time, and damage named with the file."""

import json
import time
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp import __version__
from linexp.artifacts import attributes, store
from linexp.errors import LinexpError

PROVENANCE = store.Provenance("a_rule", {"λ": 0.05, "b": [1, None], "a": {"x": True}}, "f" * 64)
TABLE = pa.table({"neuron": pa.array(range(300), pa.int32()), "concept": [f"concept {n}" for n in range(300)]})
ARRAYS = {
    "P": np.random.default_rng(0).random((300, 40), np.float32),
    "concepts": ["dog", "Schnauzer, groß", ""],
    "count": 7,
}

WRITERS = {
    "a.h5": lambda path: store.write_arrays(path, PROVENANCE, ARRAYS),
    "a.parquet": lambda path: store.write_table(path, PROVENANCE, TABLE),
    "a.json": lambda path: store.write_json(path, PROVENANCE, {"a": 1.5, "b": ["ü"]}),
}
READERS = {
    "a.h5": lambda path: (store.read_arrays(path, "P"), store.read_strings(path, "concepts")),
    "a.parquet": store.read_table,
    "a.json": store.read_json,
}
every_format = pytest.mark.parametrize("name", WRITERS)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- atomic


def test_a_file_that_was_written_well_has_its_name_alone(tmp_path):
    with store.atomic(tmp_path / "new" / "folder" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert names_in(tmp_path / "new" / "folder") == [temporary.name]
        assert temporary.name.startswith("a.txt.") and temporary.suffix == ".tmp"
    assert (tmp_path / "new" / "folder" / "a.txt").read_text() == "whole"
    assert names_in(tmp_path / "new" / "folder") == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_neither_the_file_nor_its_temporary(tmp_path, error):
    with pytest.raises(error), store.atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise error
    assert names_in(tmp_path) == []


def test_an_exception_leaves_an_older_file_as_it_was(tmp_path):
    WRITERS["a.h5"](tmp_path / "a.h5")
    before = (tmp_path / "a.h5").read_bytes()
    with pytest.raises(RuntimeError), store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file:
        file["P"] = np.zeros(3)
        raise RuntimeError
    assert (tmp_path / "a.h5").read_bytes() == before
    assert names_in(tmp_path) == ["a.h5"]


def test_a_table_or_a_number_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        store.write_json(tmp_path / "a.json", PROVENANCE, {"a": object()})
    with pytest.raises(TypeError):
        store.write_table(tmp_path / "a.parquet", store.Provenance("r", {"a": object()}, ""), TABLE)
    assert names_in(tmp_path) == []


# --- content and provenance


def test_arrays_and_strings_come_back_as_they_were(tmp_path):
    arrays = {
        "P": ARRAYS["P"],
        "mask": np.array([True, False]),
        "none": np.zeros((3, 0), np.uint8),
        "labels": np.array([-1, 2], np.int32),
    }
    store.write_arrays(tmp_path / "a.h5", PROVENANCE, arrays | {"concepts": ARRAYS["concepts"], "empty": []})
    for (name, written), read in zip(arrays.items(), store.read_arrays(tmp_path / "a.h5", *arrays), strict=True):
        np.testing.assert_array_equal(read, written, err_msg=name)
        assert (read.dtype, read.shape) == (written.dtype, written.shape)
    assert store.read_strings(tmp_path / "a.h5", "concepts") == ARRAYS["concepts"]
    assert store.read_strings(tmp_path / "a.h5", "empty") == []


def test_tables_and_numbers_come_back_as_they_were(tmp_path):
    WRITERS["a.parquet"](tmp_path / "a.parquet")
    assert store.read_table(tmp_path / "a.parquet").equals(TABLE)
    WRITERS["a.json"](tmp_path / "a.json")
    assert store.read_json(tmp_path / "a.json").items() >= {"a": 1.5, "b": ["ü"]}.items()


def attributes_of(path: Path) -> dict[str, str]:
    if path.suffix == ".h5":
        with store.open_arrays(path) as file:
            return attributes.of_file(file)
    if path.suffix == ".parquet":
        return {key.decode(): value.decode() for key, value in store.read_table(path).schema.metadata.items()}
    return store.read_json(path)


@every_format
def test_provenance_comes_back_in_every_format(tmp_path, name):
    WRITERS[name](tmp_path / name)
    found = attributes_of(tmp_path / name)
    assert found["linexp_version"] == __version__
    assert found["made_by"] == "a_rule"
    assert json.loads(found["settings"]) == PROVENANCE.settings
    assert found["probe_fingerprint"] == "f" * 64
    assert store.probe_fingerprint(tmp_path / name) == "f" * 64


def test_settings_may_be_longer_than_an_hdf5_header(tmp_path):
    provenance = store.Provenance("rule", {"class_names": ["a name of a class"] * 20_000}, "")
    store.write_arrays(tmp_path / "a.h5", provenance, {})
    assert json.loads(attributes_of(tmp_path / "a.h5")["settings"]) == provenance.settings


def test_the_order_of_settings_does_not_matter():
    turned = store.Provenance("a_rule", dict(reversed(PROVENANCE.settings.items())), "f" * 64)
    assert turned.attributes() == PROVENANCE.attributes()


@every_format
def test_the_same_content_is_the_same_bytes(tmp_path, name):
    WRITERS[name](tmp_path / name)
    first = (tmp_path / name).read_bytes()
    time.sleep(1.1)  # a second later: formats that keep times keep seconds
    WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_streamed_rows_are_the_same_bytes_whatever_the_blocks(tmp_path):
    def written(size: int) -> bytes:
        rows = np.random.default_rng(0).random((2500, 5), np.float32)
        with store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file:
            store.write_rows(file, "P", (rows[begin : begin + size] for begin in range(0, 2500, size)), 2500)
        return (tmp_path / "a.h5").read_bytes()

    assert written(1000) == written(1000)
    with_one_row_each = written(1)
    assert written(1024) == with_one_row_each


# --- rows


@given(
    sizes=st.lists(st.integers(0, 1500), max_size=8), columns=st.integers(1, 4), chunk=st.sampled_from([None, 1, 3, 64])
)
@settings(max_examples=20, deadline=None)
def test_blocks_of_any_size_become_one_float32_data_set(tmp_path_factory, sizes, columns, chunk):
    rows = np.random.default_rng(len(sizes)).normal(size=(sum(sizes), columns))
    blocks = np.split(rows, np.cumsum(sizes)[:-1]) if sizes else []
    if not sum(sizes):
        return
    path = tmp_path_factory.mktemp("rows") / "a.h5"
    with store.create_arrays(path, PROVENANCE) as file:
        store.write_rows(file, "P", iter(blocks), len(rows), chunk)
        assert file["P"].chunks == (min(len(rows), store.CHUNK_ROWS), min(columns, chunk or columns))
    (read,) = store.read_arrays(path, "P")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rows.astype(np.float32))


def test_rows_without_columns_can_be_written(tmp_path):
    with store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file:
        store.write_rows(file, "P", [np.zeros((2, 0)), np.zeros((1, 0))], 3)
    assert store.read_arrays(tmp_path / "a.h5", "P")[0].shape == (3, 0)


@pytest.mark.parametrize("came", [0, 5, 9, 11, 3000])
def test_a_wrong_number_of_rows_is_refused(tmp_path, came):
    with (
        pytest.raises(ValueError, match=r"P: .* rows came"),
        store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file,
    ):
        store.write_rows(file, "P", iter([np.zeros((1, 2))] * came), 10)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_values_that_are_not_finite_in_float32_are_refused(tmp_path, value):
    rows = np.zeros((1200, 3))
    rows[1100, 2] = value
    with (
        np.errstate(over="ignore"),
        pytest.raises(LinexpError, match="P: there are values that are not finite; check the model"),
        store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file,
    ):
        store.write_rows(file, "P", [rows], 1200)
    assert names_in(tmp_path) == []


@pytest.fixture(scope="module")
def numbered(tmp_path_factory) -> Path:
    """A data set of 10,000 rows, each its own number twice."""
    path = tmp_path_factory.mktemp("numbered") / "a.h5"
    store.write_arrays(path, PROVENANCE, {"x": np.repeat(np.arange(10_000.0)[:, None], 2, axis=1)})
    return path


@given(
    rows=st.one_of(st.none(), st.sets(st.integers(0, 9_999), max_size=60), st.just(range(4096)), st.just(range(10_000)))
)
@settings(max_examples=30, deadline=None)
def test_row_blocks_give_the_rows_in_order_and_in_bounded_blocks(numbered, rows):
    chosen = None if rows is None else np.array(sorted(rows), int)
    with store.open_arrays(numbered) as file:
        blocks = list(store.row_blocks(file["x"], chosen))
    assert all(0 < len(block) <= store.ROWS_PER_BLOCK for block in blocks)
    read = np.concatenate([np.empty((0, 2)), *blocks])
    expected = np.arange(10_000) if chosen is None else chosen
    np.testing.assert_array_equal(read, np.repeat(expected[:, None], 2, axis=1))


# --- the same probe


def test_artifacts_of_one_probe_share_its_fingerprint(tmp_path):
    for name, write in WRITERS.items():
        write(tmp_path / name)
    assert store.same_probe(*(tmp_path / name for name in WRITERS)) == "f" * 64


def test_artifacts_of_different_probes_are_both_named(tmp_path):
    WRITERS["a.h5"](tmp_path / "a.h5")
    WRITERS["a.json"](tmp_path / "a.json")
    store.write_table(tmp_path / "other.parquet", store.Provenance("r", {}, "other"), TABLE)
    with pytest.raises(LinexpError) as caught:
        store.same_probe(*(tmp_path / name for name in ("a.h5", "a.json", "other.parquet")))
    message, both = str(caught.value), f"{tmp_path / 'a.h5'} {tmp_path / 'other.parquet'}"
    assert f"{tmp_path / 'a.h5'} and {tmp_path / 'other.parquet'} were made from different images" in message
    assert "a.json" not in message and message.endswith(f"snakemake --cores all -f {both}")


def test_an_artifact_that_does_not_say_its_probe_is_named(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    pq.write_table(TABLE, tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "list.json").write_text("[]")
    for path in tmp_path.iterdir():
        with pytest.raises(LinexpError, match=rf"{path} .*; make it again: snakemake"):
            store.probe_fingerprint(path)


# --- damage


@every_format
@pytest.mark.parametrize("keep", [0, 1, 10, 0.3, 0.9, -1])
def test_a_truncated_file_is_named(tmp_path, name, keep):
    path = tmp_path / name
    WRITERS[name](path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))] if isinstance(keep, float) else whole[:keep].rstrip(b"}\n"))
    for read in (READERS[name], store.probe_fingerprint):
        with pytest.raises(LinexpError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path} cannot be read as ")
        assert str(caught.value).endswith(f"; make it again: snakemake --cores all -f {path}") and "\n" not in str(
            caught.value
        )


def flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def test_a_flipped_byte_in_the_pages_of_a_table_is_never_read_as_other_data(tmp_path):
    path = tmp_path / "a.parquet"
    WRITERS["a.parquet"](path)
    whole = path.read_bytes()
    footer = 8 + int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for place in range(4, len(whole) - footer, 25):
        path.write_bytes(whole)
        flipped(path, place)
        try:
            assert store.read_table(path).equals(TABLE), place
        except LinexpError as error:
            assert str(error).startswith(f"{path} cannot be read as Parquet")
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("streamed", [False, True])
def test_a_flipped_byte_in_an_array_is_never_read_as_other_data(tmp_path, streamed):
    path = tmp_path / "a.h5"
    with store.create_arrays(path, PROVENANCE) as file:
        if streamed:
            store.write_rows(file, "P", [ARRAYS["P"]], 300, chunk_columns=16)
    if not streamed:
        store.write_arrays(path, PROVENANCE, {"P": ARRAYS["P"]})
    place = path.read_bytes().index(ARRAYS["P"][77, 3:5].tobytes())
    flipped(path, place)
    with pytest.raises(LinexpError, match=rf"{path} cannot be read as HDF5 .*; make it again: snakemake"):
        store.read_arrays(path, "P")
    with store.open_arrays(path) as file, pytest.raises(LinexpError, match=rf"{path} cannot be read as HDF5"):
        list(store.row_blocks(file["P"]))


@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_flipped_byte_in_the_head_of_an_hdf5_file_is_named(tmp_path, place):
    path = tmp_path / "a.h5"
    WRITERS["a.h5"](path)
    flipped(path, place)
    with pytest.raises(LinexpError, match=rf"{path} cannot be read as HDF5 .*; make it again: snakemake"):
        READERS["a.h5"](path)


def test_an_array_that_a_file_lacks_is_named_with_the_file(tmp_path):
    WRITERS["a.h5"](tmp_path / "a.h5")
    for read in (lambda: store.read_arrays(tmp_path / "a.h5", "Q"), lambda: store.read_strings(tmp_path / "a.h5", "Q")):
        with pytest.raises(
            LinexpError, match=rf"{tmp_path / 'a.h5'} cannot be read as HDF5 .*Q.*; make it again: snakemake"
        ):
            read()


@every_format
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(LinexpError, match=rf"{tmp_path / name} cannot be read as .*; make it again: snakemake"):
        READERS[name](tmp_path / name)


def test_blocks_of_two_data_sets_fit_each_other(tmp_path):
    """Also where one has the tiles of `write_rows` and the other those that h5py chooses."""
    wide = np.arange(9000 * 100, dtype=np.float32).reshape(9000, 100)
    with store.create_arrays(tmp_path / "a.h5", PROVENANCE) as file:
        store.write_rows(file, "streamed", [wide], len(wide))
        file.create_dataset("whole", data=wide.astype(np.uint8), fletcher32=True)
    with store.open_arrays(tmp_path / "a.h5") as file:
        assert file["streamed"].chunks != file["whole"].chunks
        rows = np.arange(0, 9000, 3)
        for one, other in zip(
            store.row_blocks(file["streamed"], rows), store.row_blocks(file["whole"], rows), strict=True
        ):
            np.testing.assert_array_equal(one.astype(np.uint8), other)


def test_a_sparse_matrix_is_small_on_disk_and_read_by_rows_and_columns_as_any_other(tmp_path):
    rng = np.random.default_rng(1)
    values = (rng.random((3000, 200)) < 0.02) * rng.random((3000, 200), np.float32)
    for name, is_sparse in (("sparse", True), ("dense", False)):
        with store.create_arrays(tmp_path / f"{name}.h5", PROVENANCE) as file:
            store.write_rows(file, "x", np.split(values, [700, 1900]), len(values), 64, is_sparse)
    sizes = {name: (tmp_path / f"{name}.h5").stat().st_size for name in ("sparse", "dense")}
    assert sizes["sparse"] < 0.15 * sizes["dense"]
    rows = np.arange(5, 2900, 7)
    for name in sizes:
        with store.open_arrays(tmp_path / f"{name}.h5") as file:
            np.testing.assert_array_equal(store.read_columns(file["x"], 77), values[:, 77])
            np.testing.assert_array_equal(store.read_columns(file["x"], slice(60, 130)), values[:, 60:130])
            np.testing.assert_array_equal(store.read_columns(file["x"], slice(60, 130), rows), values[rows, 60:130])
            blocks = list(store.row_blocks(file["x"], rows, slice(63, 65)))
            np.testing.assert_array_equal(np.concatenate(blocks), values[rows, 63:65])
        np.testing.assert_array_equal(*store.read_arrays(tmp_path / f"{name}.h5", "x"), values)


def test_a_damaged_sparse_matrix_is_noticed(tmp_path):
    path = tmp_path / "a.h5"
    with store.create_arrays(path, PROVENANCE) as file:
        store.write_rows(file, "x", [np.eye(2000, 64, dtype=np.float32)], 2000, 64, is_sparse=True)
    with h5py.File(path) as file:
        tile = file["x"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[tile.byte_offset + tile.size // 2] ^= 4
    path.write_bytes(bytes(content))
    with store.open_arrays(path) as file, pytest.raises(LinexpError, match="cannot be read as"):
        store.read_columns(file["x"], slice(0, 8))
