"""Files of activation maps: of the images that are shown of each neuron, and what the network sees of each image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import LinexpError
from . import store


@dataclass(frozen=True)
class MapFile:
    """The maps of some neurons, each on images of its own.

    Attributes
    ----------
    neurons, images
        (k,) int32 and int64, the neuron and the image of each map; those of a neuron follow each other.
    maps
        (k, height, width) float32, in cells of what the network sees; empty where the layer has none.
    rows
        (n,) int64 all these images, ascending.
    boxes
        (n, 4) float64 what the network sees of each (`probes.crops`).
    why_none
        Why the layer has no maps; empty where it has.
    """

    neurons: np.ndarray
    images: np.ndarray
    maps: np.ndarray
    rows: np.ndarray
    boxes: np.ndarray
    why_none: str = ""

    def of(self, neuron: int, images: Sequence[int] | np.ndarray) -> np.ndarray:
        """(n, height, width) the maps of a neuron on images.

        Raises
        ------
        LinexpError
            One is not there.
        """
        begin, end = np.searchsorted(self.neurons, [neuron, neuron + 1])
        place = {image: begin + k for k, image in enumerate(self.images[begin:end].tolist())}
        lacking = [int(image) for image in images if int(image) not in place]
        if lacking:
            raise LinexpError(f"there is no map of neuron {neuron} on image {lacking[0]}; make the maps again")
        return self.maps[[place[int(image)] for image in images]]

    def boxes_of(self, images: Sequence[int] | np.ndarray) -> np.ndarray:
        """(n, 4) what the network sees of images."""
        return self.boxes[np.searchsorted(self.rows, images)]


def write_maps(path: str | Path, provenance: store.Provenance, found: MapFile) -> None:
    with store.create_arrays(path, provenance) as file:
        for name in ("neurons", "images", "maps", "rows", "boxes"):
            store.write_array(file, name, getattr(found, name))
        file.attrs["why_none"] = found.why_none


def read_maps(path: str | Path) -> MapFile:
    neurons, images, maps, rows, boxes = store.read_arrays(path, "neurons", "images", "maps", "rows", "boxes")
    return MapFile(neurons, images, maps, rows, boxes, str(store.read_attribute(path, "why_none")))
