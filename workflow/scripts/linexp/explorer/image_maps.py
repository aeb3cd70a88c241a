"""Maps for the page: where each neuron fires in the images that are shown of it, in bytes, a script a neuron."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifacts import maps, store
from ..figures.maps import NeuronMaps, ends
from .layer import Explained, LayerFiles, places_of, read_rows, read_simulated_rows
from .scripts import short, write_script

LEVELS = 255
MapsOf = Callable[[int, Sequence[int]], NeuronMaps]
"""Gives the maps of a neuron, by its place in a group, on images."""


class RecordedMaps:
    """Maps that were recorded of the images that are shown."""

    def __init__(self, found: maps.MapFile):
        self._found = found

    def told(self) -> dict[str, Any]:
        return {"method": None}

    def boxes(self) -> dict[int, list[float]]:
        """By image what the network sees of it."""
        return dict(zip(self._found.rows.tolist(), self._found.boxes.tolist(), strict=True))

    def of_group(self, neurons: NDArray[np.int32], _places: slice) -> MapsOf:
        def of(column: int, images: Sequence[int]) -> NeuronMaps:
            rows = np.asarray(images, np.int64)
            return NeuronMaps(self._found.boxes_of(rows), self._found.of(int(neurons[column]), rows))

        return of


class MapsAtPlaces:
    """Maps of a layer that is explained at places, beside those that a method simulates."""

    def __init__(self, files: LayerFiles, explained: Explained, simulator: str):
        self._files, self._method, self._simulator = files, explained.main, simulator
        (self._boxes,) = store.read_arrays(files.crops, "boxes")  # type: ignore[arg-type]  # there at places

    def told(self) -> dict[str, Any]:
        return {"method": self._method, "simulator": self._simulator}

    def boxes(self) -> dict[int, list[float]]:
        return dict(enumerate(self._boxes.tolist()))

    def of_group(self, neurons: NDArray[np.int32], places: slice) -> MapsOf:
        real = read_rows(self._files.activations, neurons)
        simulated = read_simulated_rows(self._files.simulations[self._method], places)
        grid = round(places_of(self._files) ** 0.5)

        def of(column: int, images: Sequence[int]) -> NeuronMaps:
            rows = np.asarray(images, np.int64)
            fires, says = (values[:, column].reshape(-1, grid, grid)[rows] for values in (real, simulated))
            return NeuronMaps(self._boxes[rows], fires, says, self._method, self._simulator)

        return of


LayerMaps = RecordedMaps | MapsAtPlaces


def open_maps(files: LayerFiles, explained: Explained, simulator: str) -> LayerMaps | None:
    """The maps of a layer; None where it has none."""
    if places_of(files) > 1:
        return MapsAtPlaces(files, explained, simulator)
    found = maps.read_maps(files.maps) if files.maps else None
    return None if found is None or found.why_none else RecordedMaps(found)


def in_bytes(values: np.ndarray) -> dict[str, Any]:
    """Maps, (k, height, width), in `LEVELS` steps of their whole scale; base64, map by map and row by row."""
    low, high = ends(values)
    steps = np.rint((values - low) / ((high - low) or 1.0) * LEVELS).astype(np.uint8)
    text = base64.b64encode(np.ascontiguousarray(steps).tobytes()).decode("ascii")
    return {"height": values.shape[1], "width": values.shape[2], "low": short(low), "high": short(high), "steps": text}


def write_maps(folder: Path, neuron: int, images: Sequence[int], shown: NeuronMaps) -> None:
    """Write `maps/{neuron}.js`: rows of images, and their maps of each kind."""
    kinds = dict(zip(("real", "simulated"), map(in_bytes, shown.kinds), strict=False))
    write_script(folder, f"maps/{neuron}", {"images": list(images)} | kinds)


def frames(shown: LayerMaps | None, rows: np.ndarray, sizes: np.ndarray) -> dict[str, Any]:
    """Where the network sees images, in their thumbnails.

    Parameters
    ----------
    shown
        What is known of maps; None where there are none.
    rows, sizes
        (n,) of the images that are shipped, and (n, 2) their width and height.

    Returns
    -------
    dict[str, Any]
        `frames`, each left, top, width and height as shares of the square; `frame_of`, of each image its number, or -1.
    """
    boxes = shown.boxes() if shown else {}
    known: dict[tuple[float | None, ...], int] = {}
    numbers = [
        known.setdefault(_in_square(boxes[row], size), len(known)) if row in boxes else -1
        for row, size in zip(rows.tolist(), sizes.tolist(), strict=True)
    ]
    return {"frames": [list(frame) for frame in known], "frame_of": numbers}


def _in_square(box: Sequence[float], size: Sequence[int]) -> tuple[float | None, ...]:
    """A box of an image in the square in its middle, which a thumbnail shows."""
    side = min(size)
    left, top, right, bottom = ((share * size[k % 2] - (size[k % 2] - side) / 2) / side for k, share in enumerate(box))
    return tuple(short(value, 4) for value in (left, top, right - left, bottom - top))
