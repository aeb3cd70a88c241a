"""What all explanations of a neuron share, as an artifact: loss curves, and what the mean and the best constant change.

Only where the tail is replayed: behind a linear head it is found again as fast as it would be read.
"""

import heapq
import sys
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

import h5py
import numpy as np

from ..artifacts import store
from ..errors import LinexpError
from .loss_curves import Curve
from .replaced_neuron import Shared

NAMES = ("mean", "constant", "ceiling")


def write(file: h5py.File, found: Iterable[tuple[int, Shared]]) -> None:
    """Write what is shared of neurons that vary, each as it comes.

    Parameters
    ----------
    found
        Numbers of neurons and what is shared of each.
    """
    columns: dict[str, list[Any]] = {}
    for number, shared in found:
        values: dict[str, Any] = {"neurons": np.int32(number)}
        for name in shared.on_val:
            values[f"{name}_changes"] = shared.on_val[name], shared.on_test[name]
        if shared.curve is not None:
            values |= {"constant": shared.constant, "error": shared.curve.error}
            values["range"] = shared.curve.low, shared.curve.high
            store.write_array(file, f"curves/{number}", shared.curve.coefficients.astype(np.float32))
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    for name, column in columns.items():
        store.write_array(file, name, np.array(column))


def kept(path: str, provenance: store.Provenance) -> np.ndarray:
    """The neurons, (n,) int32, whose part of an artifact counts still when it is made again.

    They are those that it has, if it is made again for other neurons and for no other reason.
    """
    none = np.array([], np.int32)
    if not store.still_made_from(path, provenance, {"neurons"}, provenance.made_from):
        return none
    try:
        with store.open_arrays(path) as file:
            numbers = file["neurons"][...] if "neurons" in file else none
            read = reader(file)
            for number in numbers.tolist():
                read(number)
    except LinexpError as damage:
        print(f"nothing is kept: {damage}", file=sys.stderr)
        return none
    return numbers


def with_kept(path: str, numbers: np.ndarray, found: Iterable[tuple[int, Shared]]) -> Iterator[tuple[int, Shared]]:
    """What is shared of neurons, in ascending order: of some as an artifact has it, of the others as it is found."""
    if not len(numbers):
        yield from found
        return
    with store.open_arrays(path) as file:
        read = reader(file)
        yield from heapq.merge(((number, read(number)) for number in numbers.tolist()), found, key=itemgetter(0))


def reader(file: h5py.File) -> Callable[[int], Shared]:
    """A function that gives what is shared of a neuron that varies.

    Parameters
    ----------
    file
        An open artifact of the neuron's layer, or of its block.
    """
    names = [name for name, found in file.items() if isinstance(found, h5py.Dataset)]
    columns = dict(zip(names, store.read_arrays(file.filename, *names), strict=True))
    places = {int(number): place for place, number in enumerate(columns.get("neurons", ()))}

    def read(number: int) -> Shared:
        row = {name: column[places[number]] for name, column in columns.items()}
        named = [name for name in NAMES if f"{name}_changes" in row]
        on_val, on_test = ({name: float(row[f"{name}_changes"][split]) for name in named} for split in (0, 1))
        if "constant" not in row:
            return Shared(on_val, on_test)
        stored, (low, high) = file[f"curves/{number}"], row["range"].tolist()
        coefficients = store.read_rows(stored, 0, len(stored)).astype(np.float64)
        curve = Curve(coefficients, low, high, np.zeros(coefficients.shape[1]), float(row["error"]))
        return Shared(on_val, on_test, float(row["constant"]), curve)

    return read
