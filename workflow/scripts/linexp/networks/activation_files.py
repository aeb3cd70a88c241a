"""Activations that were recorded elsewhere, as files: a row an image, a column a unit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import LinexpError, shortened

DATASET = "activations"
"""The data set of an HDF5 file that is read where none is named."""
KEY = "key"
"""The column, or data set, that says which image a row is of."""
BLOCK = 16_000_000
"""Numbers that are held at a time."""
BATCH = 4096
"""Rows of a Parquet file that are decoded at a time."""


MOSTLY = 0.8
"""Where more than this share of the first block is 0, activations take less room compressed."""


def is_sparse(block: np.ndarray) -> bool:
    """Whether activations are mostly 0, by their first block."""
    return bool((block == 0).mean() > MOSTLY)


@dataclass(frozen=True)
class ActivationFile:
    """A file that is open.

    Attributes
    ----------
    path
        Where it is, and in an HDF5 file the data set.
    values
        (n_rows, n_units), real numbers of any type.
    keys
        The image of each row; None where rows are in the order of the images.
    """

    path: str
    values: np.ndarray | h5py.Dataset
    keys: Sequence[str] | None = None

    def blocks(self, images: Sequence[str]) -> Iterator[np.ndarray]:
        """Blocks of rows, (up to so many images, n_units) float32, in the order of the images with these keys.

        Raises
        ------
        LinexpError
            There is not one row for each image, or a number is not finite.
        """
        rows, size = self._rows_of(images), max(1, BLOCK // max(1, self.values.shape[1]))
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            ascending, back = np.unique(chosen, return_inverse=True)  # HDF5 reads no others
            with np.errstate(over="ignore"):
                block = np.asarray(self.values[ascending], dtype=np.float32)[back]
            self._check_finite(block, images[start : start + size])
            yield block

    def _rows_of(self, images: Sequence[str]) -> np.ndarray:
        """The row of each image."""
        n_rows = len(self.values)
        if self.keys is None:
            if n_rows != len(images):
                remedy = f"give one for each image, in the order of index.parquet, or a `{KEY}` beside"
                raise LinexpError(f"{self.path}: has {n_rows:,} rows for {len(images):,} images; {remedy}")
            return np.arange(n_rows)
        row_of: dict[str, int] = {}
        for row, key in enumerate(self.keys):
            if row_of.setdefault(key, row) != row:
                twice = f"{KEY} {shortened(repr(key), 60)} is in rows {row_of[key]} and {row}"
                raise LinexpError(f"{self.path}: {twice}; keep one row an image")
        lacking = [key for key in images if key not in row_of]
        if lacking:
            some = f"{len(lacking):,} of {len(images):,} images, such as {shortened(repr(lacking[0]), 60)}"
            raise LinexpError(f"{self.path}: has no row for {some}; give their `{KEY}` as index.parquet has it")
        return np.array([row_of[key] for key in images])

    def _check_finite(self, block: np.ndarray, images: Sequence[str]) -> None:
        wrong = np.argwhere(~np.isfinite(block))
        if len(wrong):
            image, unit = wrong[0].tolist()
            where = f"unit {unit} of image {shortened(repr(images[image]), 60)}"
            remedy = "give finite numbers of at most 3.4e38"
            raise LinexpError(f"{self.path}: {where} is {block[image, unit]} in single precision; {remedy}")


def opened(path: str, dataset: str = DATASET) -> AbstractContextManager[ActivationFile]:
    """Open a file of activations.

    Parameters
    ----------
    path
        An .npy file; an HDF5 file, in which a data set `key` beside the matrix may name the image of each row; a
        Parquet file, in which a column `key` may, and each other column is a unit, or one alone has lists of all units.
    dataset
        The matrix in an HDF5 file.

    Raises
    ------
    LinexpError
        The file is damaged, or what is in it is no matrix of real numbers.
    """
    return READERS[suffix(path)](path, dataset)


def suffix(path: str) -> str:
    """What kind of file it is, by its name."""
    return Path(path).suffix.lower()


def has_datasets(path: str) -> bool:
    """Whether a file of this name has data sets, of which one is named."""
    return READERS[suffix(path)] is _open_hdf5


@contextmanager
def _open_npy(path: str, _dataset: str) -> Iterator[ActivationFile]:
    with _readable(path, "an .npy file of numbers"):
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    yield ActivationFile(path, _checked_matrix(path, values))


@contextmanager
def _open_hdf5(path: str, dataset: str) -> Iterator[ActivationFile]:
    with _readable(path, "an HDF5 file"):
        file = h5py.File(path, "r", locking=False)
    with file:
        values, keys = file.get(dataset), file.get(KEY)
        if not isinstance(values, h5py.Dataset):
            found: list[str] = []
            file.visititems(lambda name, part: found.append(name) if isinstance(part, h5py.Dataset) else None)
            there = shortened(", ".join(found), 100) or "none"
            raise LinexpError(f"{path}: has no data set {dataset!r}, but {there}; name one with `dataset`")
        if isinstance(keys, h5py.Dataset) and (keys.ndim != 1 or h5py.check_string_dtype(keys.dtype) is None):
            raise LinexpError(f"{path}: {KEY} is no list of texts; give the key of each row's image, or take it out")
        named = keys.asstr()[...].tolist() if isinstance(keys, h5py.Dataset) else None
        where = f"{path}, {dataset}"
        yield ActivationFile(where, _checked_matrix(where, values), _as_many(where, named, len(values)))


@contextmanager
def _open_parquet(path: str, _dataset: str) -> Iterator[ActivationFile]:
    with _readable(path, "a Parquet file"):
        file = pq.ParquetFile(path)
    with file:
        units = _unit_columns(path, file.schema_arrow)
        values, start = np.empty((0, 0), np.float32), 0
        keys: list[str] = []
        for batch in file.iter_batches(batch_size=BATCH):
            block = _of_columns(path, [batch[name] for name in units])
            if not len(values):
                values = np.empty((file.metadata.num_rows, block.shape[1]), np.float32)
            if block.shape[1] != values.shape[1]:
                raise _uneven(path)
            values[start : start + len(block)] = block
            start += len(block)
            keys += batch[KEY].to_pylist() if KEY in batch.schema.names else []
    yield ActivationFile(path, _checked_matrix(path, values), keys if KEY in file.schema_arrow.names else None)


def _unit_columns(path: str, schema: pa.Schema) -> list[str]:
    """The columns that have activations: numbers, or one with lists of them."""
    units = [name for name in schema.names if name != KEY]
    for name in units:
        of_column = schema.field(name).type
        if not _is_number(of_column.value_type if _is_list(of_column) else of_column):
            what = f"column {shortened(repr(name), 60)} is {shortened(str(of_column), 60)}"
            raise LinexpError(f"{path}: {what}; keep `{KEY}` and numbers")
        if _is_list(of_column) and len(units) > 1:
            what = f"column {shortened(repr(name), 60)} has lists, and others are beside it"
            raise LinexpError(f"{path}: {what}; keep `{KEY}` and one of them")
    if not units:
        raise LinexpError(f"{path}: has no column of activations; give one for each unit, or one with lists of them")
    return units


def _of_columns(path: str, columns: list[pa.Array]) -> np.ndarray:
    """Columns of numbers, or one of lists, as a matrix; a null is nan."""
    if not _is_list(columns[0].type):
        with np.errstate(over="ignore"):
            return np.array([_numbers(column) for column in columns], np.float32).T
    (lists,) = columns
    if lists.null_count or len(lists.value_lengths().unique()) > 1:
        raise _uneven(path)
    return _numbers(lists.flatten()).reshape(len(lists), -1)


def _numbers(column: pa.Array) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _uneven(path: str) -> LinexpError:
    return LinexpError(f"{path}: its lists are of several lengths; give as many units for each image")


def _is_list(type: pa.DataType) -> bool:
    return pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type)


def _is_number(type: pa.DataType) -> bool:
    return pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_boolean(type)


def _checked_matrix(path: str, values: np.ndarray | h5py.Dataset) -> np.ndarray | h5py.Dataset:
    if values.ndim != 2 or values.dtype.kind not in "fiub" or 0 in values.shape:
        what = f"an array of {values.dtype} and shape {tuple(values.shape)}"
        raise LinexpError(f"{path}: is {what}; give a matrix of real numbers, a row an image and a column a unit")
    return values


def _as_many(path: str, keys: list[str] | None, n_rows: int) -> list[str] | None:
    if keys is not None and len(keys) != n_rows:
        raise LinexpError(f"{path}: has {n_rows:,} rows, and {len(keys):,} keys beside; give one for each row")
    return keys


@contextmanager
def _readable(path: str, what: str) -> Iterator[None]:
    """Tell of a file that is not what its name says."""
    try:
        yield
    except (ValueError, EOFError, pa.ArrowException) as error:
        raise LinexpError(f"{path}: is not {what} ({shortened(str(error), 80)}); write it again") from error
    except OSError as error:
        if error.errno:  # what the system says, of a file that cannot be read
            raise
        raise LinexpError(f"{path}: is not {what} ({shortened(str(error), 80)}); write it again") from error


READERS: dict[str, Callable[[str, str], AbstractContextManager[ActivationFile]]] = {
    ".npy": _open_npy,
    ".h5": _open_hdf5,
    ".hdf5": _open_hdf5,
    ".parquet": _open_parquet,
}
"""By the end of a file's name."""
