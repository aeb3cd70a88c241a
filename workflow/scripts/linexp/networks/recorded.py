"""The activations of a layer, as they were recorded."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np

from ..artifacts import store
from ..errors import LinexpError


def numbers_of(activations: h5py.Dataset, neurons: Sequence[int] | np.ndarray | None) -> np.ndarray:
    """The neurons to explain, (n,) int32; None for the whole layer.

    Raises
    ------
    LinexpError
        The layer has no such neuron.
    """
    size = activations.shape[1]
    if neurons is None:
        return np.arange(size, dtype=np.int32)
    if max(neurons) >= size:
        raise LinexpError(
            f"neurons: {max(neurons)} is not in {activations.file.filename}, which has neurons 0 to {size - 1}"
        )
    return np.array(neurons, np.int32)


def names_of(path: str | Path) -> list[str] | None:
    """The names of all units of a layer; None where they have none."""
    with store.open_arrays(path) as file:
        has_names = "names" in file
    return store.read_strings(path, "names") if has_names else None


def told_of(path: str | Path, names: Sequence[str]) -> dict[str, float]:
    """What `Units.told` said of a layer's units while they were recorded, NaN where it said nothing of that name."""
    with store.open_arrays(path) as file:
        return {name: float(file.attrs.get(name, np.nan)) for name in names}


def places_of(path: str | Path) -> int:
    """How many rows each image has: its places, or 1."""
    with store.open_arrays(path) as file:
        return int(file.attrs.get("places", 1))


def place_of(path: str | Path, neurons: np.ndarray, neuron: int) -> int:
    """Where a neuron is among those that a file has.

    Raises
    ------
    LinexpError
        It is not there.
    """
    found = np.flatnonzero(neurons == neuron)
    if not len(found):
        raise LinexpError(f"{path} has no neuron {neuron}; ask for one of {len(neurons)}, such as {neurons[0]}")
    return int(found[0])


def check_finite(path: str | Path, values: np.ndarray) -> None:
    """Raise a `LinexpError` that names a file of activations if not all values, or their sums, are numbers."""
    if not np.isfinite(values).all():
        raise LinexpError(f"{path}: there are activations that are not finite; delete it and run again")


NEURONS_TOGETHER = 2048
"""Neurons whose activations, or moments with P, are in memory together where a layer is gone through in blocks."""
VALUES_TOGETHER = 2**28


def neuron_blocks(path: str | Path, neurons: Sequence[int] | None, all_rows: bool = False) -> Iterator[np.ndarray]:
    """The neurons to explain, in blocks of `NEURONS_TOGETHER`, (n,) int32 each.

    Parameters
    ----------
    all_rows
        Whether all rows of a block are to be in memory, as `VALUES_TOGETHER` at most: those of places are many.

    Raises
    ------
    LinexpError
        The layer has no such neuron.
    """
    with store.open_arrays(path) as file:
        numbers, n_rows = numbers_of(file["activations"], neurons), len(file["activations"])
    together = max(1, min(VALUES_TOGETHER // n_rows, NEURONS_TOGETHER)) if all_rows else NEURONS_TOGETHER
    yield from np.split(numbers, range(together, len(numbers), together))


def read_block(path: str | Path, numbers: np.ndarray) -> np.ndarray:
    """(n_images, n) float32 activations of some neurons; what lies between the lowest and the highest is read.

    Raises
    ------
    LinexpError
        An activation is not finite.
    """
    with store.open_arrays(path) as file:
        columns, places = columns_of(numbers)
        found = store.read_columns(file["activations"], columns)[:, places]
    check_finite(path, found)
    return found


def columns_of(numbers: np.ndarray) -> tuple[slice, slice | np.ndarray]:
    """Columns beside each other that have those of some numbers, and where they are among these."""
    first, last = int(numbers.min()), int(numbers.max())
    are_all = len(numbers) == last - first + 1 and (np.diff(numbers) == 1).all()
    return slice(first, last + 1), slice(None) if are_all else numbers - first


def read_activations(
    path: str | Path, neurons: Sequence[int] | None, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The neurons to explain, (n,) int32, and their activations, (n_images, n) float32.

    Parameters
    ----------
    rows
        Of the images, ascending; None for all.

    Raises
    ------
    LinexpError
        The layer has no such neuron, or an activation is not finite.
    """
    with store.open_arrays(path) as file:
        numbers = numbers_of(file["activations"], neurons)
        if rows is None:
            return numbers, read_block(path, numbers)
        columns, places = columns_of(numbers)
        blocks = store.row_blocks(file["activations"], rows, columns)
        found = np.concatenate([block[:, places] for block in blocks])
    check_finite(path, found)
    return numbers, found
