"""Maps for the page: where each neuron fires in the images that are shown of it, in bytes, a script a neuron."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..artifacts import maps
from ..figures.maps import NeuronMaps, ends
from .scripts import short, write_script

LEVELS = 255
MapsOf = Callable[[int, np.ndarray], NeuronMaps]
"""Gives the maps of a neuron on images."""


def open_maps(path: str | Path | None) -> tuple[MapsOf, Mapping[int, tuple[int, int]]] | None:
    """The recorded maps of a layer, and by image its width and height; None where it has none."""
    found = maps.read_maps(path) if path else None
    if found is None or found.why_none:
        return None
    sizes = {
        row: (width, height) for row, (width, height) in zip(found.rows.tolist(), found.sizes.tolist(), strict=True)
    }

    def of(neuron: int, images: np.ndarray) -> NeuronMaps:
        return NeuronMaps(found.boxes_of(images), found.of(neuron, images))

    return of, sizes


def in_thumbnail(box: Sequence[float], size: tuple[int, int]) -> list[float | None]:
    """Left, top, width and height of a box of an image, as shares of the square in its middle that a thumbnail shows."""
    side = min(size)
    left, right = ((share * size[0] - (size[0] - side) / 2) / side for share in (box[0], box[2]))
    top, bottom = ((share * size[1] - (size[1] - side) / 2) / side for share in (box[1], box[3]))
    return [short(value, 4) for value in (left, top, right - left, bottom - top)]


def in_bytes(values: np.ndarray) -> dict[str, Any]:
    """Maps, (k, height, width), in `LEVELS` steps of their whole scale; base64, map by map and row by row."""
    low, high = ends(values)
    steps = np.rint((values - low) / ((high - low) or 1.0) * LEVELS).astype(np.uint8)
    text = base64.b64encode(np.ascontiguousarray(steps).tobytes()).decode("ascii")
    return {"height": values.shape[1], "width": values.shape[2], "low": short(low), "high": short(high), "steps": text}


def write_maps(
    folder: Path, neuron: int, images: Sequence[int], shown: NeuronMaps, sizes: Mapping[int, tuple[int, int]]
) -> None:
    """Write `maps/{neuron}.js`: rows of images, where the network sees each, and its maps of each kind."""
    frames = [in_thumbnail(box, sizes[row]) for box, row in zip(shown.boxes.tolist(), images, strict=True)]
    kinds = dict(zip(("real", "simulated"), map(in_bytes, shown.kinds), strict=False))
    write_script(folder, f"maps/{neuron}", {"images": list(images), "frames": frames} | kinds)
