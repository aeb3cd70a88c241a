"""Reading and writing the tiles of HDF5 data sets, with checksums that are computed here.

HDF5 computes Fletcher-32 in a loop that takes most of the time of reading and writing; `checksums.fletcher32` is
several times as fast, but has to be loaded first. The files are the same.
"""

import h5py
import numpy as np

LARGE = 1 << 22
"""Values from which on that is worth it."""


def read_rows(dataset: h5py.Dataset, begin: int = 0, end: int | None = None) -> np.ndarray:
    """The rows from `begin` to before `end`: what `dataset[begin:end]` is.

    Raises:
        OSError: a tile is damaged.
    """
    end = len(dataset) if end is None else min(end, len(dataset))
    if not _worth_it(dataset):
        return dataset[begin:end]
    rows = np.empty((end - begin, dataset.shape[1]), dataset.dtype)
    height, width = dataset.chunks
    for top in range(begin // height * height, end, height):
        inside = slice(max(begin - top, 0), min(end - top, height))
        for left in range(0, dataset.shape[1], width):
            tile = _read_tile(dataset, top, left)[inside, : dataset.shape[1] - left]
            rows[top + inside.start - begin : top + inside.stop - begin, left : left + width] = tile
    return rows


def write_rows(dataset: h5py.Dataset, begin: int, rows: np.ndarray) -> None:
    """What `dataset[begin : begin + len(rows)] = rows` does, where both ends of the rows are at the edge of a tile."""
    if not _worth_it(dataset):
        dataset[begin : begin + len(rows)] = rows
        return
    height, width = dataset.chunks
    for top in range(0, len(rows), height):
        for left in range(0, rows.shape[1], width):
            part = rows[top : top + height, left : left + width]
            tile = np.zeros(dataset.chunks, dataset.dtype)
            tile[: part.shape[0], : part.shape[1]] = part
            stored = tile.tobytes() + _checksum(tile.reshape(-1).view("<u2")).tobytes()
            dataset.id.write_direct_chunk((begin + top, left), stored)


def _worth_it(dataset: h5py.Dataset) -> bool:
    """Whether a large matrix has its tiles stored as they are, each with a checksum behind it."""
    n_filters = dataset.id.get_create_plist().get_nfilters()
    only_checksums = dataset.ndim == 2 and dataset.fletcher32 and n_filters == 1
    return only_checksums and dataset.dtype.itemsize % 2 == 0 and dataset.size >= LARGE


def _checksum(words: np.ndarray) -> np.ndarray:
    from .checksums import fletcher32

    return np.array(fletcher32(words), "<u2")


def _read_tile(dataset: h5py.Dataset, top: int, left: int) -> np.ndarray:
    filters_left_out, stored = dataset.id.read_direct_chunk((top, left))
    words = np.frombuffer(stored, "<u2")
    if filters_left_out or (words[-2:] != _checksum(words[:-2])).any():
        raise OSError(f"the checksum of {dataset.name} is wrong at row {top}, column {left}")
    return np.frombuffer(stored, dataset.dtype, np.prod(dataset.chunks)).reshape(dataset.chunks)
