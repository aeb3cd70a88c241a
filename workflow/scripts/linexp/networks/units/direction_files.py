"""The files that directions lie in. Nothing is unpickled."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors import safe_open

from ...errors import LinexpError

Found = tuple[NDArray, list[str] | None]


class Directions(NamedTuple):
    """Directions of length 1.

    Attributes
    ----------
    unit
        (n, width) float64.
    names
        (n,) if they have any.
    """

    unit: NDArray[np.float64]
    names: list[str] | None


def extension(path: str) -> str:
    return Path(path).suffix.lower()


def _npy(path: str) -> Found:
    return np.load(path, allow_pickle=False), None


def _npz(path: str) -> Found:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    names = found.pop("names", None)
    return _matrix(path, found), None if names is None else list(map(str, names.ravel()))


def _safetensors(path: str) -> Found:
    with safe_open(path, framework="numpy") as file:
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
        names = (file.metadata() or {}).get("names")
    if found and all(tensor.ndim == 1 for tensor in found.values()):
        return np.stack(list(found.values())), list(found)  # a tensor for each, under its name
    return _matrix(path, found), None if names is None else list(map(str, json.loads(names)))


def _parquet(path: str) -> Found:
    table = pq.read_table(path)
    if "direction" not in table.column_names:
        columns = ", ".join(table.column_names)[:100]
        raise LinexpError(f"units.directions: {path} has no column `direction`, only {columns}; name it so")
    names = table["name"].to_pylist() if "name" in table.column_names else None
    return np.array(table["direction"].to_pylist(), np.float64), None if names is None else list(map(str, names))


def _matrix(path: str, found: dict[str, NDArray]) -> NDArray:
    """The array called `directions`, or else the only one."""
    if "directions" in found:
        return found["directions"]
    if len(found) != 1:
        several = ", ".join(found)[:100] or "nothing"
        raise LinexpError(f"units.directions: {path} has {several}; call the matrix `directions`")
    return next(iter(found.values()))


READERS: dict[str, Callable[[str], Found]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".parquet": _parquet,
}
