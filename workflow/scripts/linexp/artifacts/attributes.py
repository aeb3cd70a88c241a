"""What artifacts of all kinds say of themselves, without reading what they hold.

HDF5, Parquet, JSON and safetensors have attributes of their own. For pictures, pages and CSV a record of the same
attributes lies in a hidden folder, with a digest of the file that it is of.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from . import seals
from .atomic_files import atomic

BESIDE = "beside"
LONGEST_IN_HEADER = 60_000
"""Bytes of an attribute; HDF5 itself takes 64 KiB with what it adds."""
_DAMAGE = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, pa.ArrowException)


def read_attributes(path: str | Path) -> dict[str, str] | None:
    """The attributes of an artifact; None if it has none, is damaged, or was made for another place."""
    path = Path(path)
    readers = {".h5": _of_hdf5, ".parquet": _of_parquet, ".json": _of_json, ".safetensors": _of_safetensors}
    try:
        found = readers.get(path.suffix, _of_record)(path)
        return found if seals.is_whole(found) and seals.belongs_to(path, found) else None
    except _DAMAGE:
        return None


def _of_hdf5(path: Path) -> dict[str, str]:
    with h5py.File(path, "r", locking=False) as file:
        return of_file(file)


def of_file(file: h5py.File) -> dict[str, Any]:
    """The attributes of an open HDF5 file; texts as such."""
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in file.attrs.items()}


def write_text(file: h5py.File, name: str, text: str) -> None:
    """Write an attribute into the header of an HDF5 file, which has a checksum; what is too long for it goes elsewhere.

    Texts of no fixed length lie in a heap without a checksum, where HDF5 can search without end once it is damaged.
    """
    content = text.encode()
    fits = 0 < len(content) <= LONGEST_IN_HEADER
    file.attrs.create(name, content if fits else text, dtype=h5py.string_dtype(length=len(content)) if fits else None)


def _of_parquet(path: Path) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}


def _of_json(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8"))


def _of_safetensors(path: Path) -> dict[str, str]:
    # by hand, as the library for it loads PyTorch's or reads the tensors
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > os.path.getsize(path):
            raise ValueError("the header is longer than the file")
        header = json.loads(file.read(size))
    return json.loads(header["__metadata__"]["linexp"])


def _of_record(path: Path) -> dict[str, str]:
    record = json.loads(record_path(path).read_text(encoding="utf-8"))
    if record["content_sha256"] != _digest(path, record.get(BESIDE)):
        raise ValueError("the record is of another file")
    return record


@contextlib.contextmanager
def create_file(path: str | Path, provenance: seals.Provenance, beside: str | None = None) -> Iterator[Path]:
    """Give a temporary name to write a picture, a page or a CSV to; a record of where it comes from lies apart.

    Parameters
    ----------
    beside
        The name of a folder beside the file that belongs to it, and is whole already.
    """
    with atomic(path) as temporary:
        yield temporary
        content = _digest(temporary, beside)
    with atomic(record_path(path)) as temporary:
        attributes = seals.sealed(provenance, path, content) | ({BESIDE: beside} if beside else {})
        temporary.write_text(json.dumps(attributes, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def write_csv(path: str | Path, provenance: seals.Provenance, table: pd.DataFrame, numbers: str = "%.6f") -> None:
    """Write a table as CSV.

    Parameters
    ----------
    numbers
        The format of those that are no integers.
    """
    with create_file(path, provenance) as temporary:
        table.to_csv(temporary, index=False, float_format=numbers)


def _digest(path: Path, beside: str | None = None) -> str:
    """Of a file's content, and of the names and sizes in the folder beside it that belongs to it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    if beside:
        inside = sorted(found for found in (path.parent / beside).rglob("*") if found.is_file())
        for found in inside:
            digest.update(f"{found.relative_to(path.parent).as_posix()} {found.stat().st_size}\n".encode())
    return digest.hexdigest()


def record_path(path: str | Path) -> Path:
    """Where the record of an artifact lies that has no attributes of its own."""
    return hidden(path, ".records", ".json")


def hidden(path: str | Path, folder: str, suffix: str) -> Path:
    """The place in a hidden folder of `results` that belongs to an artifact; beside it where it is not in there."""
    path = Path(path)
    for number in reversed(range(len(path.parts) - 1)):
        if path.parts[number] == "results":
            inside = Path(*path.parts[number + 1 :])
            return Path(*path.parts[: number + 1], folder, inside.with_name(inside.name + suffix))
    return path.parent / folder / (path.name + suffix)
