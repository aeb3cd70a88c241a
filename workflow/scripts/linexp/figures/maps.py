"""Where a neuron fires in the images that are shown of it, and where its explanation says: maps over images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from PIL import Image

from ..artifacts import maps, store
from ..networks import recorded
from ..probes.crops import Box, cut_out

COLOURS = colormaps["viridis"]
OPACITY = 0.62
"""Of a map over its image."""


class Simulation(NamedTuple):
    """Simulated maps of a layer at places: the artifact, and whose they are."""

    path: str | Path
    method: str
    simulator: str


@dataclass(frozen=True)
class NeuronMaps:
    """The maps of a neuron on some images.

    Attributes
    ----------
    boxes
        (n, 4) the part of each image that maps lie over.
    activations
        (n, height, width) float32.
    simulated
        (n, grid, grid) float32; None of a layer that is not explained at places.
    method, simulator
        Whose simulation it is.
    """

    boxes: np.ndarray
    activations: np.ndarray
    simulated: np.ndarray | None = None
    method: str = ""
    simulator: str = ""

    @property
    def kinds(self) -> list[np.ndarray]:
        return [self.activations] if self.simulated is None else [self.activations, self.simulated]


def recorded_maps(path: str | Path, neuron: int, images: np.ndarray) -> NeuronMaps | None:
    """The maps of a neuron in a file of `artifacts.maps`; None where the layer has none."""
    found = maps.read_maps(path)
    return None if found.why_none else NeuronMaps(found.boxes_of(images), found.of(neuron, images))


def maps_at_places(
    activations: str | Path, simulation: Simulation, crops: str | Path, neuron: int, images: np.ndarray
) -> NeuronMaps:
    """The maps of a neuron of a layer that is explained at places: what was recorded there, and simulated.

    Parameters
    ----------
    crops
        The artifact of what the network sees of each image.
    images
        (n,) rows.
    """
    (boxes,), (neurons,) = store.read_arrays(crops, "boxes"), store.read_arrays(simulation.path, "neurons")
    place = recorded.place_of(simulation.path, neurons, neuron)
    with store.open_arrays(activations) as file:
        real = of_images(file["activations"], neuron, int(file.attrs["grid"]), images)
        grid = real.shape[1]
    with store.open_arrays(simulation.path) as file:
        simulated = of_images(file["simulated"], place, grid, images)
    return NeuronMaps(boxes[images], real, simulated, simulation.method, simulation.simulator)


def of_images(dataset, column: int, grid: int, images: np.ndarray) -> np.ndarray:
    """(n, grid, grid) float32, a column of a data set whose rows are (image, place), of some images."""
    return store.read_columns(dataset, column).reshape(-1, grid, grid)[images]


def ends(values: np.ndarray) -> tuple[float, float]:
    """The values that a scale of colours begins and ends with."""
    return float(values.min()), float(values.max())


def over(image: Image.Image, values: np.ndarray, scale: tuple[float, float]) -> Image.Image:
    """A map over an image, cell by cell.

    Parameters
    ----------
    values
        (height, width).
    scale
        The values of the first and the last colour.
    """
    low, high = scale
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    colours = Image.fromarray((255 * COLOURS(shares)[..., :3]).astype(np.uint8)).resize(
        image.size, Image.Resampling.NEAREST
    )
    return Image.blend(image.convert("L").convert("RGB"), colours, OPACITY)


def rows_of_maps(
    shown: NeuronMaps, places: Sequence[int], images: Sequence[Image.Image], side: int
) -> list[list[Image.Image]]:
    """For each kind of map those of some images, over what the network sees of each.

    Parameters
    ----------
    places
        Of the images among those that the maps are of.
    images
        As many.
    side
        Of what is drawn, in pixels.
    """
    seen = [cut_out(image, _box(shown, place), side) for image, place in zip(images, places, strict=True)]
    return [
        [over(image, values[place], ends(values)) for image, place in zip(seen, places, strict=True)]
        for values in shown.kinds
    ]


def _box(shown: NeuronMaps, place: int) -> Box:
    left, top, right, bottom = shown.boxes[place].tolist()
    return left, top, right, bottom
