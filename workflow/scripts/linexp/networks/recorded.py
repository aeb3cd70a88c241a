"""The activations of a layer, as they were recorded."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

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


def check_finite(path: str | Path, values: np.ndarray) -> None:
    """Raise a `LinexpError` that names a file of activations if not all values, or their sums, are numbers."""
    if not np.isfinite(values).all():
        raise LinexpError(f"{path}: there are activations that are not finite; delete it and run again")


NEURONS_TOGETHER = 2048
"""Neurons whose activations, or moments with P, are in memory together where a layer is gone through in blocks."""


class Block(NamedTuple):
    """Some of the neurons that are explained, which are in memory together.

    Attributes
    ----------
    numbers
        (n,) int32 of the neurons.
    places
        Where they are among all that are explained.
    """

    numbers: np.ndarray
    places: slice


def neuron_blocks(path: str | Path, neurons: Sequence[int] | None, together: int | None = None) -> Iterator[Block]:
    """The neurons to explain in blocks, one after the other, of at most `NEURONS_TOGETHER`, and of `together` if given.

    Raises
    ------
    LinexpError
        The layer has no such neuron.
    """
    with store.open_arrays(path) as file:
        numbers = numbers_of(file["activations"], neurons)
    together = min(together or NEURONS_TOGETHER, NEURONS_TOGETHER)
    for begin in range(0, len(numbers), together):
        some = numbers[begin : begin + together]
        yield Block(some, slice(begin, begin + len(some)))


def read_block(path: str | Path, numbers: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """(n_images, n) float32 activations of some neurons; what lies between those that are near each other is read.

    Parameters
    ----------
    rows
        Of the images, ascending; None for all.

    Raises
    ------
    LinexpError
        An activation is not finite.
    """
    apart = numbers // NEURONS_TOGETHER
    with store.open_arrays(path) as file:
        activations = file["activations"]
        found = np.empty((len(activations) if rows is None else len(rows), len(numbers)), np.float32)
        for some in (apart == group for group in np.unique(apart)):
            columns, places = columns_of(numbers[some])
            found[:, some] = store.read_columns(activations, columns, rows)[:, places]
    check_finite(path, found)
    return found


def read_simulated(path: str | Path, places: slice, rows: np.ndarray) -> np.ndarray:
    """(len(rows), n) float32 simulations of the neurons at some places among those that are explained."""
    with store.open_arrays(path) as file:
        return store.read_columns(file["simulated"], places, rows)


def columns_of(numbers: np.ndarray) -> tuple[slice, slice | np.ndarray]:
    """Columns beside each other that have those of some numbers, and where they are among these."""
    first, last = int(numbers.min()), int(numbers.max())
    are_all = len(numbers) == last - first + 1 and (np.diff(numbers) == 1).all()
    return slice(first, last + 1), slice(None) if are_all else numbers - first


def read_activations(
    path: str | Path, neurons: Sequence[int] | None, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The neurons to explain, (n,) int32, and their activations, as `read_block` gives them.

    Raises
    ------
    LinexpError
        The layer has no such neuron, or an activation is not finite.
    """
    with store.open_arrays(path) as file:
        numbers = numbers_of(file["activations"], neurons)
    return numbers, read_block(path, numbers, rows)
