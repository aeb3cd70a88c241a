"""Reading and writing the tiles of HDF5 data sets, with checksums that are computed here.

HDF5 computes Fletcher-32 in a loop that takes most of the time of reading and writing; `checksums.fletcher32` is
several times as fast, but has to be loaded first. The files are the same.
"""

import os

import h5py
import numpy as np

from ..jobs.parallel import for_slices, ordered_map

LARGE = 1 << 22
"""Values from which on that is worth it."""
THREADS = 2
"""More than that are no faster: copying memory is what takes the time."""
TILES_A_TASK = 8
_CHECKSUM = 4
"""Bytes."""


class TileReader:
    """Reads rows of a data set, from several threads if need be; where its tiles lie is looked up once.

    Raises
    ------
    OSError
        Where tiles lie cannot be read, or a tile is damaged.
    """

    def __init__(self, dataset: h5py.Dataset):
        self._dataset, self._worth_it = dataset, _worth_it(dataset)
        self._tiles: dict[tuple[int, ...], h5py.h5d.StoreInfo] = {}
        if self._worth_it:
            dataset.id.chunk_iter(lambda tile: self._tiles.update({tile.chunk_offset: tile}))
            self._file, self._name = dataset.file.id.get_vfd_handle(), dataset.name

    def read(self, begin: int = 0, end: int | None = None, columns: slice | None = None) -> np.ndarray:
        """The rows from `begin` to before `end`, of all columns or of some beside each other: `dataset[…]` of them."""
        end = len(self._dataset) if end is None else min(end, len(self._dataset))
        if not self._worth_it:
            return self._dataset[begin:end] if columns is None else self._dataset[begin:end, columns]
        from .checksums import fletcher32

        first, last, _ = (columns or slice(None)).indices(self._dataset.shape[1])
        rows = np.empty((end - begin, last - first), self._dataset.dtype)
        height, width = shape = self._dataset.chunks
        corners = [
            (top, left)
            for top in range(begin // height * height, end, height)
            for left in range(first // width * width, last, width)
        ]

        def read_some(places: slice) -> None:
            spare = np.empty(shape, rows.dtype)
            found = np.empty(2, "<u2")
            for top, left in corners[places]:
                inside = slice(max(begin - top, 0), min(end - top, height))
                across = slice(max(first - left, 0), min(last - left, width))
                part = rows[
                    top + inside.start - begin : top + inside.stop - begin,
                    left + across.start - first : left + across.stop - first,
                ]
                tile = part if part.shape == shape and part.flags.c_contiguous else spare
                stored = self._tiles.get((top, left))
                is_whole = (
                    stored
                    and not stored.filter_mask
                    and stored.size == tile.nbytes + found.nbytes
                    and os.preadv(self._file, [tile.data, found.data], stored.byte_offset) == stored.size
                )
                if not is_whole or tuple(found) != fletcher32(tile.reshape(-1).view("<u2")):
                    raise OSError(f"the checksum of {self._name} is wrong at row {top}, column {left}")
                if tile is spare:
                    part[...] = spare[inside, across]

        for_slices(read_some, len(corners), THREADS, TILES_A_TASK)
        return rows


def write_rows(dataset: h5py.Dataset, begin: int, rows: np.ndarray) -> None:
    """What `dataset[begin : begin + len(rows)] = rows` does, where both ends of the rows are at the edge of a tile."""
    if not _worth_it(dataset):
        dataset[begin : begin + len(rows)] = rows
        return
    from .checksums import fletcher32

    height, width = shape = dataset.chunks
    corners = [(top, left) for top in range(0, len(rows), height) for left in range(0, rows.shape[1], width)]

    def stored(corner: tuple[int, int]) -> np.ndarray:
        """A tile and the checksum behind it."""
        part = rows[corner[0] : corner[0] + height, corner[1] : corner[1] + width]
        new = np.empty if part.shape == shape else np.zeros
        words = new(shape[0] * shape[1] * rows.itemsize // 2 + 2, "<u2")
        words[:-2].view(rows.dtype).reshape(shape)[: part.shape[0], : part.shape[1]] = part
        words[-2:] = fletcher32(words[:-2])
        return words

    for (top, left), words in zip(corners, ordered_map(stored, corners, THREADS, ahead=2 * THREADS), strict=True):
        dataset.id.write_direct_chunk((begin + top, left), words)


def _worth_it(dataset: h5py.Dataset) -> bool:
    """Whether a large matrix has its tiles stored as they are, each with a checksum behind it."""
    n_filters = dataset.id.get_create_plist().get_nfilters()
    only_checksums = dataset.ndim == 2 and dataset.fletcher32 and n_filters == 1
    return only_checksums and dataset.dtype.itemsize % 2 == 0 and dataset.size >= LARGE


def checksums(dataset: h5py.Dataset) -> bytes:
    """The checksums of all tiles of a data set, one behind the other, as HDF5 stores them behind each."""
    found: dict[tuple[int, ...], int] = {}
    dataset.id.chunk_iter(lambda tile: found.update({tile.chunk_offset: tile.byte_offset + tile.size - _CHECKSUM}))
    file = dataset.file.id.get_vfd_handle()
    return b"".join(os.pread(file, _CHECKSUM, found[corner]) for corner in sorted(found))
