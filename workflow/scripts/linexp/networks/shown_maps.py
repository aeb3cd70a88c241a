"""Where chosen units fire in chosen images: their activation maps, recorded for the images that pages show."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..artifacts.maps import MapFile
from ..errors import LinexpError
from ..jobs.gpu_memory import run_what_fits
from ..probes.batches import image_batches
from ..probes.crops import CropBoxes, Images, overlaps
from .parts import Key
from .recording import run_to_module
from .units.grids import token_maps
from .units.units import Units

MOST_CELLS = 14
"""Cells a side of a map that is kept; half as many where all maps together would have more than `MOST_VALUES`."""
MOST_VALUES = 2**26


class NoMaps(LinexpError):
    """A layer's output says nothing of places; why."""


def location_output(output: Tensor, channels: str) -> Tensor:
    """The output of a layer as maps, with units where `channels` has them; a vision transformer's by its patch tokens.

    Raises
    ------
    NoMaps
        It has one number a unit, or tokens that are no square of patches.
    """
    if output.ndim == 3:
        try:
            maps = token_maps(output)
        except LinexpError as error:
            raise NoMaps(f"tokens of shape {tuple(output.shape[1:])} are no square of patches") from error
        output = maps.movedim(-1, 1) if channels == "first" else maps
    if output.ndim != 4:
        raise NoMaps(f"an output of shape {tuple(output.shape[1:])} has no places")
    return output


def in_few_cells(maps: Tensor, most: int) -> Tensor:
    """Maps, (k, height, width), of at most `most` cells a side, each the mean of what lies in it."""
    down, across = (
        torch.from_numpy(np.ascontiguousarray(overlaps(0, 1, min(side, most), side))).to(maps)
        for side in maps.shape[1:]
    )
    return down @ maps @ across.T


@torch.inference_mode()
def record_maps(
    network: nn.Module,
    module: str,
    units: Units,
    batches: Iterable[tuple[Tensor, np.ndarray]],
    wanted: Mapping[int, np.ndarray],
    most: int,
    part: Key | None = None,
) -> Iterator[np.ndarray]:
    """Run images up to a module and yield the maps of the units that are wanted of each, in the order of the images.

    Parameters
    ----------
    network, module, part
        As in `recording.run_to_module`.
    batches
        (n, 3, height, width) images with the n rows that they have.
    wanted
        By row the numbers of the units.
    most
        Cells a side.

    Yields
    ------
    np.ndarray
        (n_units of the image, height, width) float32.

    Raises
    ------
    NoMaps
        The layer's output has none.
    """
    with run_to_module(network, module, units.channels, part) as output_of:

        def read(images: Tensor, rows: np.ndarray) -> list[np.ndarray]:
            found = []
            for some, maps in units.map_blocks(location_output(output_of(images), units.channels)):
                for row, of_image in zip(rows[some].tolist(), maps, strict=True):
                    found.append(in_few_cells(of_image[wanted[row]].float(), most).cpu().numpy())
            return found

        yield from run_what_fits(read, batches)  # type: ignore[arg-type]  # tensors are cut as sequences are


class _Measured:
    """Some images by their place, whose sizes are kept as they are read."""

    def __init__(self, images: Images, rows: np.ndarray):
        self._images, self._rows = images, rows
        self.sizes = np.zeros((len(rows), 2), np.int32)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int):
        image = self._images[int(self._rows[place])]
        self.sizes[place] = image.size
        return image


def maps_of_shown(
    network: nn.Module,
    layer: Mapping[str, Any],
    units: Units,
    images: Images,
    preprocess: Callable,
    shown: Sequence[tuple[int, np.ndarray]],
    batch_size: int,
    threads: int,
) -> MapFile:
    """Record the maps of units on the images that are shown of each.

    Parameters
    ----------
    network
        On the device to use.
    layer
        Its entry, with the module.
    images
        Of the probe, by row.
    preprocess
        Of the network.
    shown
        Numbers of units, ascending, each with rows of images.

    Returns
    -------
    MapFile
        Without maps where the layer has none, or the network sees a border beside the image.
    """
    neurons = np.repeat([number for number, _ in shown], [len(rows) for _, rows in shown]).astype(np.int32)
    of_images = np.concatenate([rows for _, rows in shown]).astype(np.int64)
    rows, number = np.unique(of_images, return_inverse=True)
    order = np.argsort(number, kind="stable")
    places = dict(zip(rows.tolist(), np.split(order, np.flatnonzero(np.diff(number[order])) + 1), strict=True))
    wanted = {row: neurons[pairs] for row, pairs in places.items()}
    most = MOST_CELLS if len(neurons) * MOST_CELLS**2 <= MOST_VALUES else MOST_CELLS // 2
    boxes, measured = CropBoxes(preprocess), _Measured(images, rows)
    maps = np.zeros((0, 0, 0), np.float32)

    def batches() -> Iterator[tuple[Tensor, np.ndarray]]:
        done = 0
        for batch in image_batches(measured, preprocess, batch_size, threads, "recording maps"):
            yield batch, rows[done : done + len(batch)]
            done += len(batch)

    try:
        _check_seen(boxes, measured)
        of_image = record_maps(network, layer["module"], units, batches(), wanted, most, layer.get("output"))
        for row, found in zip(rows.tolist(), of_image, strict=True):
            if not maps.size:
                maps = np.zeros((len(neurons), *found.shape[1:]), np.float32)
            maps[places[row]] = found
    except NoMaps as error:
        none = np.zeros(0, np.int64)
        return MapFile(none, none, maps, none, np.zeros((0, 4)), str(error))
    seen = np.array([boxes.of((int(width), int(height))) for width, height in measured.sizes])
    return MapFile(neurons, of_images, maps, rows, seen)


def _check_seen(boxes: CropBoxes, images: _Measured) -> None:
    """Raise `NoMaps` if it is not known which part of an image the network sees."""
    try:
        boxes.of(images[0].size)
    except LinexpError as error:
        raise NoMaps(str(error)) from error
