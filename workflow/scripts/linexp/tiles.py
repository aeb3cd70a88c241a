"""Reading the tiles of HDF5 data sets, with their checksums verified here.

HDF5 verifies Fletcher-32 in a loop that takes most of the time of reading; `compiled.fletcher32` is several times as
fast, but has to be loaded first.
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
    if dataset.size < LARGE or not _only_checksums(dataset):
        return dataset[begin:end]
    rows = np.empty((end - begin, dataset.shape[1]), dataset.dtype)
    height, width = dataset.chunks
    for top in range(begin // height * height, end, height):
        inside = slice(max(begin - top, 0), min(end - top, height))
        for left in range(0, dataset.shape[1], width):
            tile = _read_tile(dataset, top, left)[inside, : dataset.shape[1] - left]
            rows[top + inside.start - begin : top + inside.stop - begin, left : left + width] = tile
    return rows


def _only_checksums(dataset: h5py.Dataset) -> bool:
    """Whether the tiles of a matrix are stored as they are, each with a checksum behind it."""
    n_filters = dataset.id.get_create_plist().get_nfilters()
    return dataset.ndim == 2 and dataset.fletcher32 and n_filters == 1 and dataset.dtype.itemsize % 2 == 0


def _read_tile(dataset: h5py.Dataset, top: int, left: int) -> np.ndarray:
    from .compiled import FLETCHER_BASE, fletcher32

    filters_left_out, stored = dataset.id.read_direct_chunk((top, left))
    words = np.frombuffer(stored, "<u2")
    if filters_left_out or (words[-2:] % FLETCHER_BASE != fletcher32(words[:-2])).any():
        raise OSError(f"the checksum of {dataset.name} is wrong at row {top}, column {left}")
    return np.frombuffer(stored, dataset.dtype, np.prod(dataset.chunks)).reshape(dataset.chunks)
