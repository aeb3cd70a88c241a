"""Artifacts on disk: HDF5 for arrays, Parquet for tables, JSON for a few numbers.

Every artifact is written under a temporary name and then moved to its own, so a file that has its final name is
whole. Every artifact says where it comes from (`Provenance`). All that it holds is covered by checksums, so a damaged
file is noticed when it is read: those of HDF5 1.10 and of Parquet's pages, and seals for what these leave out.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import LinexpError
from ..jobs.progress import say_what_is_written
from . import attributes, seals, tables, tiles
from .ancestry import provenance_of as provenance_of
from .ancestry import still_made_from as still_made_from
from .atomic_files import atomic as atomic
from .attributes import create_file as create_file
from .attributes import write_csv as write_csv
from .seals import Provenance as Provenance
from .tables import read_json as read_json
from .tables import read_table as read_table
from .tables import write_json as write_json
from .tables import write_table as write_table

ROWS_PER_BLOCK = 2048
CHUNK_ROWS = 1024
CHUNK_VALUES = 1 << 18
COMPRESSED = {"compression": "gzip", "compression_opts": 1}
"""Of sparse matrices: shuffling bytes makes them larger, higher levels are slow (benchmarks/README.md)."""
MOST_ATTRIBUTES = 64
_OF_HDF5 = (OSError, KeyError, ValueError, TypeError, RuntimeError)
"""What h5py raises when it runs into damage."""


@contextmanager
def create_arrays(path: str | Path, provenance: Provenance) -> Iterator[h5py.File]:
    """A new HDF5 file, to be filled in the `with` block; it gets its name when the block ends well."""
    with atomic(path) as temporary, _new_file(temporary) as file:
        yield file
        file.flush()  # closing alone can hide that the disk is full
        for name, text in seals.sealed(provenance, path, _digest(file), keep_content=False).items():
            attributes.write_text(file, name, text)
        file.flush()


def _new_file(path: Path) -> h5py.File:
    """An empty file with all attributes in headers, which have checksums.

    HDF5 moves more than eight elsewhere, and may then search for one without end in a damaged file.
    """
    created, access = h5py.h5p.create(h5py.h5p.FILE_CREATE), h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    created.set_attr_phase_change(MOST_ATTRIBUTES, 0)
    created.set_obj_track_times(False)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    access.set_file_locking(False, True)
    return h5py.File(h5py.h5f.create(bytes(path), h5py.h5f.ACC_TRUNC, created, access))


def _digest(file: h5py.File) -> str:
    """The SHA-256 over the checksums, as they are stored, of all that a new file holds."""
    digest = hashlib.sha256()
    for name in sorted(file.attrs):
        digest.update(f"{name}={file.attrs[name]!r}\n".encode())
    names: list[str] = []
    file.visit(names.append)
    for name in sorted(names):
        if isinstance(file[name], h5py.Dataset):
            digest.update(f"{name} {file[name].dtype} {file[name].shape}\n".encode())
            digest.update(_checksums(file[name]))
    return digest.hexdigest()


def _checksums(dataset: h5py.Dataset) -> bytes:
    """The checksums of a data set: of its strings, of its tiles, or its value where it is in the header."""
    if "sha256" in dataset.attrs:
        return dataset.attrs["sha256"].encode()
    return tiles.checksums(dataset) if dataset.fletcher32 else dataset[...].tobytes()


def write_arrays(path: str | Path, provenance: Provenance, arrays: Mapping[str, Any]) -> None:
    """Write whole arrays; lists of strings become UTF-8 string data sets."""
    with create_arrays(path, provenance) as file:
        for name, values in arrays.items():
            write_array(file, name, values)


def write_array(file: h5py.Group, name: str, values: Any) -> None:
    """Write an array, a number, or a list of strings as a UTF-8 string data set, with a checksum."""
    if isinstance(values, list):
        dataset = file.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())
        dataset.attrs["sha256"] = seals.sha256_of(values)
    elif np.ndim(values):
        dataset = file.create_dataset(name, data=values, fletcher32=np.size(values) > 0)
    else:
        # within the header, which has a checksum
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_layout(h5py.h5d.COMPACT)
        layout.set_obj_track_times(False)
        kind = h5py.h5t.py_create(np.asarray(values).dtype)
        h5py.h5d.create(file.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR), layout)
        dataset = file[name]
        dataset[()] = values
    dataset.flush()


def write_rows(
    file: h5py.File,
    name: str,
    blocks: Iterable[np.ndarray],
    n_rows: int,
    chunk_columns: int | None = None,
    is_sparse: bool = False,
    kind: type[np.floating] = np.float32,
) -> None:
    """Stream blocks of rows into a data set, in tiles of at most `CHUNK_ROWS` rows and `CHUNK_VALUES` values.

    Parameters
    ----------
    blocks
        Each (rows, columns).
    n_rows
        Number of rows in all.
    chunk_columns
        Columns a tile, so that few columns can be read without the rest; default all.
    is_sparse
        Whether most values are 0, and tiles are compressed.
    kind
        What numbers are rounded to.

    Raises
    ------
    LinexpError
        A value is not finite.
    """
    waiting: list[np.ndarray] = []
    dataset, written = None, 0

    def flush(tile_rows: int) -> int:
        """Write the rows that wait, but for those that fill no tile."""
        rows = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
        whole = len(rows) // tile_rows * tile_rows
        if written + len(rows) > n_rows:
            raise ValueError(f"{name}: more than {n_rows} rows came")
        if not np.isfinite(rows[:whole]).all():
            raise LinexpError(f"{name}: there are values that are not finite; check the model and its precision")
        tiles.write_rows(dataset, written, rows[:whole])
        waiting[:] = [rows[whole:].copy()] if whole < len(rows) else []
        return written + whole

    for block in blocks:
        if dataset is None:
            columns = block.shape[1]
            width = max(1, min(columns, chunk_columns or columns))
            # a power of two, so that blocks of rows end with a tile
            height = 1 << (min(CHUNK_ROWS, max(1, CHUNK_VALUES // width)).bit_length() - 1)
            tile = (max(1, min(n_rows, height)), width)
            chunked = {"chunks": tile, "fletcher32": True} | (COMPRESSED if is_sparse else {}) if columns else {}
            dataset = file.create_dataset(name, (n_rows, columns), kind, **chunked)
            say_what_is_written(name, n_rows, columns)
        waiting.append(np.asarray(block, kind))
        if sum(map(len, waiting)) >= CHUNK_ROWS:
            written = flush(tile[0])
    if waiting:
        written = flush(tile_rows=1)
    if written != n_rows:
        raise ValueError(f"{name}: {written} rows came, {n_rows} were expected")
    if dataset is not None:
        dataset.flush()


@contextmanager
def open_arrays(path: str | Path) -> Iterator[h5py.File]:
    """An HDF5 artifact for reading. Artifacts never change, so no lock is taken (shared file systems).

    Raises
    ------
    LinexpError
        The file is no HDF5 file or a damaged one, of another version, or made for another place.
    """
    try:
        file = h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise seals.damaged(path, "HDF5", error) from error
    with file:
        try:
            found = attributes.of_file(file)
            file.visit(file.get)  # opens every data set and group
        except _OF_HDF5 as error:
            raise seals.damaged(path, "HDF5", error) from error
        seals.check(path, found)
        yield file


def _read_whole(path: str | Path, read: Callable[[h5py.File], Any]) -> Any:
    """What `read` takes out of an HDF5 artifact; whatever damage it runs into is said of the file."""
    with open_arrays(path) as file:
        try:
            return read(file)
        except _OF_HDF5 as error:
            raise seals.damaged(path, "HDF5", error) from error


def read_arrays(path: str | Path, *names: str) -> tuple[np.ndarray, ...]:
    """Whole arrays of an HDF5 artifact, in the order of `names`."""
    return _read_whole(path, lambda file: tuple(_read_dataset(file[name]) for name in names))


def _read_dataset(dataset: h5py.Dataset) -> np.ndarray:
    return tiles.TileReader(dataset).read() if dataset.ndim == 2 else dataset[...]


def read_strings(path: str | Path, name: str) -> list[str]:
    """A string data set of an HDF5 artifact."""

    def read(file: h5py.File) -> list[str]:
        strings = list(file[name].asstr()[...])
        if file[name].attrs["sha256"] != seals.sha256_of(strings):
            raise ValueError(f"the checksum of {name} is wrong")
        return strings

    return _read_whole(path, read)


def read_attribute(path: str | Path, name: str) -> Any:
    """An attribute of an HDF5 artifact."""
    return _read_whole(path, lambda file: attributes.of_file(file)[name])


def read_columns(dataset: h5py.Dataset, columns: int | slice, rows: np.ndarray | None = None) -> np.ndarray:
    """One column of a matrix, (n_rows,), or several that lie beside each other, (n_rows, n).

    Parameters
    ----------
    rows
        Ascending row numbers, or None for all.

    Raises
    ------
    LinexpError
        They are damaged.
    """
    some = slice(columns, columns + 1) if isinstance(columns, int | np.integer) else columns
    if rows is None:
        found = row_reader(dataset, some)(0, len(dataset))
    else:
        found, begin = np.empty((len(rows), len(range(dataset.shape[1])[some])), dataset.dtype), 0
        for block in row_blocks(dataset, rows, some):
            found[begin : begin + len(block)] = block
            begin += len(block)
    return found if some is columns else found[:, 0]


def row_reader(dataset: h5py.Dataset, columns: slice | None = None) -> Callable[[int, int], np.ndarray]:
    """A function that gives the rows from `begin` to before `end`; several threads may call it.

    Parameters
    ----------
    dataset
        (n, …) data set.
    columns
        That lie beside each other, of a matrix; None for all.

    Raises
    ------
    LinexpError
        They are damaged.
    """
    path = dataset.file.filename

    def read(begin: int, end: int) -> np.ndarray:
        try:
            return reader.read(begin, end, columns)
        except OSError as error:
            raise seals.damaged(path, "HDF5", error) from error

    try:
        reader = tiles.TileReader(dataset)
    except (OSError, RuntimeError) as error:
        raise seals.damaged(path, "HDF5", error) from error
    return read


def read_rows(dataset: h5py.Dataset, begin: int, end: int) -> np.ndarray:
    """The rows from `begin` to before `end`, once; `row_reader` is for many calls."""
    return row_reader(dataset)(begin, end)


def row_blocks(
    dataset: h5py.Dataset, rows: np.ndarray | None = None, columns: slice | None = None
) -> Iterator[np.ndarray]:
    """The rows of a data set, in ascending order; with `rows`, only those.

    They come in blocks of `ROWS_PER_BLOCK`, so those of two data sets fit each other.

    Parameters
    ----------
    dataset
        (n, …) data set.
    rows
        Ascending row numbers, or None for all.
    columns
        As for `row_reader`.
    """
    read = row_reader(dataset, columns)
    for begin in range(0, len(dataset), ROWS_PER_BLOCK):
        if rows is None:
            yield read(begin, begin + ROWS_PER_BLOCK)
            continue
        first, last = np.searchsorted(rows, (begin, begin + ROWS_PER_BLOCK))
        if last > first:
            yield read(begin, begin + ROWS_PER_BLOCK)[rows[first:last] - begin]


def probe_fingerprint(path: str | Path) -> str:
    """The fingerprint of the probe that an artifact belongs to.

    Raises
    ------
    LinexpError
        The file is damaged, of another version, or made for another place.
    """
    path = Path(path)
    if path.suffix == ".h5":
        return read_attribute(path, "probe_fingerprint")
    if path.suffix == ".json":
        return read_json(path)["probe_fingerprint"]
    return tables.read_attributes(path)["probe_fingerprint"]


def same_probe(*paths: str | Path) -> str:
    """The fingerprint that all artifacts share.

    Raises
    ------
    LinexpError
        Two of them were made from different probing data.
    """
    fingerprints = [probe_fingerprint(path) for path in paths]
    for path, fingerprint in zip(paths, fingerprints, strict=True):
        if fingerprint != fingerprints[0]:
            raise LinexpError(
                f"{paths[0]} and {path} were made from different images or splits; make both again: "
                f"snakemake --cores all -f {paths[0]} {path}"
            )
    return fingerprints[0]
