"""The activations of a layer, as they were recorded."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from ..artifacts import store
from ..errors import LinexpError


def numbers_of(activations: h5py.Dataset, neurons: Sequence[int] | None) -> np.ndarray:
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


def read_activations(path: str | Path, neurons: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray]:
    """The neurons to explain, (n,) int32, and their activations, (n_images, n) float32.

    Raises
    ------
    LinexpError
        The layer has no such neuron, or an activation is not finite.
    """
    with store.open_arrays(path) as file:
        numbers = numbers_of(file["activations"], neurons)
    (activations,) = store.read_arrays(path, "activations")
    check_finite(path, activations)
    return numbers, activations if neurons is None else activations[:, numbers]
