"""Artifacts on disk: HDF5 for arrays, Parquet for tables, JSON for a few numbers.

Every artifact is written to `<file>.tmp` and then moved to its name, so a file that has its final name is
whole. Every artifact says where it comes from (`Provenance`). Arrays and tables carry checksums, so that a damaged
file is noticed when it is read.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import __version__, tiles
from .errors import LinexpError
from .progress import say_what_is_written

ROWS_PER_BLOCK = 2048
CHUNK_ROWS = 1024
CHUNK_VALUES = 1 << 18


@dataclass(frozen=True)
class Provenance:
    """What an artifact carries: the rule and settings that made it, and the probe that it belongs to."""

    made_by: str
    settings: Mapping[str, Any]
    probe_fingerprint: str

    @classmethod
    def of(cls, snakemake, probe_fingerprint: str) -> "Provenance":
        """The provenance of what the running Snakemake script makes."""
        return cls(snakemake.rule, dict(snakemake.params.items()), probe_fingerprint)

    def attributes(self) -> dict[str, str]:
        return {
            "linexp_version": __version__,
            "made_by": self.made_by,
            "settings": json.dumps(self.settings, sort_keys=True, ensure_ascii=False),
            "probe_fingerprint": self.probe_fingerprint,
        }


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary name to write to; move it to `path` if all went well, remove it if not."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def create_arrays(path: str | Path, provenance: Provenance) -> Iterator[h5py.File]:
    """A new HDF5 file, to be filled in the `with` block; it gets its name when the block ends well."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(provenance.attributes())
        yield file


def write_arrays(path: str | Path, provenance: Provenance, arrays: Mapping[str, Any]) -> None:
    """Write whole arrays; lists of strings become UTF-8 string data sets."""
    with create_arrays(path, provenance) as file:
        for name, values in arrays.items():
            if isinstance(values, list):
                file.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())
            else:
                file.create_dataset(name, data=values, fletcher32=np.size(values) > 0 and np.ndim(values) > 0)


def write_rows(
    file: h5py.File, name: str, blocks: Iterable[np.ndarray], n_rows: int, chunk_columns: int | None = None
) -> None:
    """Stream blocks of rows into a float32 data set, in tiles of at most `CHUNK_ROWS` rows and `CHUNK_VALUES` values.

    Args:
        blocks: each (rows, columns).
        n_rows: number of rows in all.
        chunk_columns: columns a tile, so that few columns can be read without the rest; default all.

    Raises:
        LinexpError: a value is not finite.
    """
    dataset, written, waiting = None, 0, []

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
            chunked = {"chunks": tile, "fletcher32": True} if columns else {}
            dataset = file.create_dataset(name, (n_rows, columns), np.float32, **chunked)
            say_what_is_written(name, n_rows, columns)
        waiting.append(np.asarray(block, np.float32))
        if sum(map(len, waiting)) >= CHUNK_ROWS:
            written = flush(tile[0])
    if waiting:
        written = flush(tile_rows=1)
    if written != n_rows:
        raise ValueError(f"{name}: {written} rows came, {n_rows} were expected")


@contextmanager
def open_arrays(path: str | Path) -> Iterator[h5py.File]:
    """An HDF5 artifact for reading. Artifacts never change, so no lock is taken (shared file systems).

    Raises:
        LinexpError: the file is no HDF5 file, or a damaged one.
    """
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise _damaged(path, "HDF5", error) from error
    with file:
        yield file


def _damaged(path: str | Path, kind: str, error: Exception) -> LinexpError:
    reason = " ".join(str(error).split())[:80]
    return LinexpError(f"{path} cannot be read as {kind} ({reason}); delete it and run again")


def _read_whole(path: str | Path, read: Callable[[h5py.File], Any]) -> Any:
    """What `read` takes out of an HDF5 artifact; whatever damage it runs into is said of the file."""
    with open_arrays(path) as file:
        try:
            return read(file)
        except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise _damaged(path, "HDF5", error) from error


def read_arrays(path: str | Path, *names: str) -> tuple[np.ndarray, ...]:
    """Whole arrays of an HDF5 artifact, in the order of `names`."""
    return _read_whole(path, lambda file: tuple(_read_dataset(file[name]) for name in names))


def _read_dataset(dataset: h5py.Dataset) -> np.ndarray:
    return tiles.read_rows(dataset) if dataset.ndim == 2 else dataset[...]


def read_strings(path: str | Path, name: str) -> list[str]:
    """A string data set of an HDF5 artifact."""
    return _read_whole(path, lambda file: list(file[name].asstr()[...]))


def read_rows(dataset: h5py.Dataset, begin: int, end: int) -> np.ndarray:
    """The rows from `begin` to before `end`.

    Raises:
        LinexpError: they are damaged.
    """
    try:
        return tiles.read_rows(dataset, begin, end)
    except OSError as error:
        raise _damaged(dataset.file.filename, "HDF5", error) from error


def row_blocks(dataset: h5py.Dataset, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The rows of a data set, in ascending order; with `rows`, only those.

    They come in blocks of `ROWS_PER_BLOCK`, so those of two data sets fit each other.

    Args:
        dataset: (n, …) data set.
        rows: ascending row numbers, or None for all.
    """
    for begin in range(0, len(dataset), ROWS_PER_BLOCK):
        block = read_rows(dataset, begin, begin + ROWS_PER_BLOCK)
        if rows is None:
            yield block
            continue
        first, last = np.searchsorted(rows, (begin, begin + ROWS_PER_BLOCK))
        if last > first:
            yield block[rows[first:last] - begin]


def write_table(path: str | Path, provenance: Provenance, table: pa.Table) -> None:
    """Write a Parquet table with its provenance as key-value metadata."""
    with atomic(path) as temporary:
        attributes = provenance.attributes()
        pq.write_table(table.replace_schema_metadata(attributes), temporary, write_page_checksum=True)


def read_table(path: str | Path) -> pa.Table:
    """A Parquet artifact.

    Raises:
        LinexpError: the file is no Parquet file, or a damaged one.
    """
    try:
        return pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, "Parquet", error) from error


def write_json(path: str | Path, provenance: Provenance, content: Mapping[str, Any]) -> None:
    """Write a few numbers and their provenance."""
    with atomic(path) as temporary:
        text = json.dumps({**content, **provenance.attributes()}, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict[str, Any]:
    """A JSON artifact."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _damaged(path, "JSON", error) from error


def probe_fingerprint(path: str | Path) -> str:
    """The fingerprint of the probe that an artifact belongs to.

    Raises:
        LinexpError: the file is damaged, or does not say.
    """
    path = Path(path)
    if path.suffix == ".h5":
        return _read_whole(path, lambda file: str(file.attrs["probe_fingerprint"]))
    try:
        if path.suffix == ".parquet":
            return (pq.read_schema(path).metadata or {})[b"probe_fingerprint"].decode()
        return read_json(path)["probe_fingerprint"]
    except (KeyError, TypeError) as error:
        raise LinexpError(f"{path} does not say which images it was made from; delete it and run again") from error
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, "Parquet", error) from error


def same_probe(*paths: str | Path) -> str:
    """The fingerprint that all artifacts share.

    Raises:
        LinexpError: two of them were made from different probing data.
    """
    fingerprints = [probe_fingerprint(path) for path in paths]
    for path, fingerprint in zip(paths, fingerprints, strict=True):
        if fingerprint != fingerprints[0]:
            raise LinexpError(
                f"{paths[0]} and {path} were made from different images or splits; delete the older one and run again"
            )
    return fingerprints[0]
