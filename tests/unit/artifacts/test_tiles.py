"""Tiles read and written here are those of h5py, and a damaged one is noticed."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.artifacts import tiles
from linexp.artifacts.tiles import TileReader, write_rows


@pytest.fixture(autouse=True, scope="module")
def small_is_large():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "LARGE", 0)
        yield


def _written(path, values: np.ndarray, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, **options)
    return path


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 40)),
    tile=st.tuples(st.integers(1, 60), st.integers(1, 40)),
    dtype=st.sampled_from(["float32", "float64", "uint16", "uint8"]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_rows_are_those_that_h5py_reads(tmp_path_factory, shape, tile, dtype, seed, data):
    content = np.random.default_rng(seed).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    values = np.frombuffer(content, dtype).reshape(shape)
    tile = tuple(min(part, whole) for part, whole in zip(tile, shape, strict=True))
    path = _written(tmp_path_factory.mktemp("tiles") / "a.h5", values, chunks=tile, fletcher32=True)
    begin = data.draw(st.integers(0, shape[0] - 1))
    end = data.draw(st.integers(begin, shape[0] + 5))
    first = data.draw(st.integers(0, shape[1] - 1))
    some = slice(first, data.draw(st.integers(first + 1, shape[1])))
    with h5py.File(path) as file:
        assert TileReader(file["x"]).read(begin, end).tobytes() == values[begin:end].tobytes()
        assert TileReader(file["x"]).read(begin, end, some).tobytes() == values[begin:end, some].tobytes()
        assert TileReader(file["x"]).read().tobytes() == values.tobytes()


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 40)),
    tile=st.tuples(st.integers(1, 20), st.integers(1, 40)),
    tiles_a_time=st.integers(1, 3),
    dtype=st.sampled_from(["float32", "float64", "uint16", "uint8"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_read_and_verified_by_hdf5(tmp_path_factory, shape, tile, tiles_a_time, dtype, seed):
    content = np.random.default_rng(seed).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    values = np.frombuffer(content, dtype).reshape(shape)
    tile = tuple(min(part, whole) for part, whole in zip(tile, shape, strict=True))
    path = tmp_path_factory.mktemp("tiles") / "a.h5"
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", shape, dtype, chunks=tile, fletcher32=True)
        for begin in range(0, shape[0], tiles_a_time * tile[0]):
            write_rows(dataset, begin, values[begin : begin + tiles_a_time * tile[0]])
    with h5py.File(path) as file:
        assert file["x"][...].tobytes() == values.tobytes()


@pytest.mark.parametrize("word", [0, 0x0100, 0xFFFF, 0xFFFE])
@pytest.mark.parametrize("n", [1, 255, 256, 257, 70_000])
def test_checksums_of_extreme_words_agree_with_those_of_hdf5(tmp_path, word, n):
    values = np.full((n, 2), word, "<u2")
    with h5py.File(_written(tmp_path / "a.h5", values, chunks=(n, 2), fletcher32=True), "r+") as file:
        np.testing.assert_array_equal(TileReader(file["x"]).read(), values)
        _, by_hdf5 = file["x"].id.read_direct_chunk((0, 0))
        write_rows(file["x"], 0, values)
        assert file["x"].id.read_direct_chunk((0, 0)) == (0, by_hdf5)


@pytest.mark.parametrize("place", range(0, 4 * 300 + 4, 41))
def test_a_flipped_bit_is_noticed(tmp_path, place):
    values = np.random.default_rng(0).normal(size=(30, 20)).astype(np.float32)
    path = _written(tmp_path / "a.h5", values, chunks=(30, 10), fletcher32=True)
    with h5py.File(path) as file:
        where = file["x"].id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[where + place] ^= 4
    path.write_bytes(content)
    with h5py.File(path) as file, pytest.raises(OSError, match="checksum of /x is wrong at row 0, column 10"):
        TileReader(file["x"]).read()


@pytest.mark.parametrize("written", [0, 5])
def test_tiles_that_were_never_written_are_noticed(tmp_path, written):
    """HDF5 itself gives zeros for them."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("x", (20, 4), np.float32, chunks=(5, 4), fletcher32=True)
        dataset[:written] = 1
    with h5py.File(tmp_path / "a.h5") as file, pytest.raises(OSError, match=f"wrong at row {written}, column 0"):
        TileReader(file["x"]).read()


@pytest.mark.parametrize(
    "options", [{}, {"chunks": (5, 4)}, {"chunks": (5, 4), "compression": "gzip", "fletcher32": True}]
)
def test_other_layouts_are_read_by_hdf5(tmp_path, options):
    values = np.random.default_rng(0).normal(size=(12, 7)).astype(np.float32)
    with h5py.File(_written(tmp_path / "a.h5", values, **options)) as file:
        np.testing.assert_array_equal(TileReader(file["x"]).read(3, 11), values[3:11])
