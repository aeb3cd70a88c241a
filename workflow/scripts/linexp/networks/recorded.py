"""The activations of a layer, as they were recorded."""

from collections.abc import Callable, Iterator, Sequence
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


def numbers_in(path: str | Path, neurons: Sequence[int] | np.ndarray | None) -> np.ndarray:
    """`numbers_of` a file of activations."""
    with store.open_arrays(path) as file:
        return numbers_of(file["activations"], neurons)


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
"""Activations in memory together where all rows of some neurons are: those of places are many."""


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

    Parameters
    ----------
    all_rows
        Whether all rows of a block are to be in memory, as `VALUES_TOGETHER` at most: those of places are many.

    Raises
    ------
    LinexpError
        The layer has no such neuron.
    """
    numbers = numbers_in(path, neurons)
    together = min(together or NEURONS_TOGETHER, NEURONS_TOGETHER)
    for begin in range(0, len(numbers), together):
        some = numbers[begin : begin + together]
        yield Block(some, slice(begin, begin + len(some)))


def held_together(path: str | Path) -> int:
    """How many neurons `VALUES_TOGETHER` are, with all their rows; at least one."""
    with store.open_arrays(path) as file:
        return max(1, VALUES_TOGETHER // len(file["activations"]))


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


def read_simulated(path: str | Path, places: slice, rows: np.ndarray | None = None) -> np.ndarray:
    """(n_images, n) float32 simulations of the neurons at some places among those that are explained.

    Parameters
    ----------
    rows
        As of `read_block`.
    """
    with store.open_arrays(path) as file:
        return store.read_columns(file["simulated"], places, rows)


class Matrix:
    """A matrix of images and neurons on the disk: `[rows]` is one of these images, `[:, neurons]` is read, float32.

    Neurons are read in blocks of `NEURONS_TOGETHER`, and the block that was read last is kept.

    Parameters
    ----------
    read
        Takes the places of some neurons, and ascending rows or None for all; gives (n, n_neurons).
    shape
        (n_images, n_neurons) on the disk.
    rows
        The images that it is of, ascending; None for all.
    together
        The neurons of a block, where they are fewer.
    """

    def __init__(
        self,
        read: Callable[[slice, np.ndarray | None], np.ndarray],
        shape: tuple[int, int],
        rows=None,
        together: int = NEURONS_TOGETHER,
    ):
        self._read, self._on_disk, self._rows, self._together = read, shape, rows, min(together, NEURONS_TOGETHER)
        self._kept: tuple[int, np.ndarray] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return (self._on_disk[0] if self._rows is None else len(self._rows)), self._on_disk[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            rows = np.arange(self._on_disk[0]) if self._rows is None else self._rows
            return Matrix(self._read, self._on_disk, rows[key], self._together)
        neurons = np.arange(self.shape[1])[key[1]]
        apart = np.atleast_1d(neurons) // self._together
        found = np.empty((len(self), len(apart)), np.float32)
        for block in np.unique(apart):
            some = apart == block
            found[:, some] = self._block(block)[:, np.atleast_1d(neurons)[some] - block * self._together]
        return found if np.ndim(neurons) else found[:, 0]

    def _block(self, number: int) -> np.ndarray:
        if self._kept is None or self._kept[0] != number:
            self._kept = None  # so that two are never in memory
            begin = number * self._together
            end = min(begin + self._together, self.shape[1])
            self._kept = number, self._read(slice(begin, end), self._rows)
        return self._kept[1]


def activations_of(path: str | Path, neurons: Sequence[int] | np.ndarray | None = None) -> Matrix:
    """The activations of some neurons, or of the whole layer, read as they are asked for.

    Raises
    ------
    LinexpError
        The layer has no such neuron; when they are read, an activation is not finite.
    """
    numbers = numbers_in(path, neurons)
    with store.open_arrays(path) as file:
        n_images = len(file["activations"])
    shape, together = (n_images, len(numbers)), held_together(path)
    return Matrix(lambda places, rows: read_block(path, numbers[places], rows), shape, together=together)


def simulations_of(path: str | Path, among: slice) -> Matrix:
    """The simulations of the neurons at some places among those that are explained, read as they are asked for."""
    with store.open_arrays(path) as file:
        shape = file["simulated"].shape
    places = range(shape[1])[among]

    def read(some: slice, rows: np.ndarray | None) -> np.ndarray:
        return read_simulated(path, slice(places.start + some.start, places.start + some.stop), rows)

    return Matrix(read, (shape[0], len(places)), together=max(1, VALUES_TOGETHER // shape[0]))


class Maps:
    """A matrix whose rows are the places of images, by image: `[rows]` is of these images, `[:, neurons]` is read.

    What is read is (n_images, n_neurons, n_places), of one neuron (n_images, n_places).
    """

    def __init__(self, matrix: Matrix, places: int):
        self._matrix, self._places = matrix, places

    @property
    def shape(self) -> tuple[int, int, int]:
        n_rows, n_neurons = self._matrix.shape
        return n_rows // self._places, n_neurons, self._places

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            images = np.arange(len(self))[key]
            return Maps(self._matrix[(images[:, None] * self._places + np.arange(self._places)).ravel()], self._places)
        found = self._matrix[key]
        found = found.reshape(len(self), self._places, *found.shape[1:])
        return np.moveaxis(found, 1, -1)


def by_image(matrix: Matrix, n_images: int) -> Matrix | Maps:
    """A matrix whose rows are images, or places of so many images, with a row for each image."""
    places = len(matrix) // n_images
    return matrix if places == 1 else Maps(matrix, places)


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
    numbers = numbers_in(path, neurons)
    return numbers, read_block(path, numbers, rows)
