"""Embeddings of the places of images, by the way that suits the model."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ...concepts.image_text import ImageTextModel, squashing
from ...jobs.gpu_memory import map_what_fits
from ...probes.batches import Images, image_batches
from ...probes.crops import Box, cut_out
from ..units.grids import in_cells
from . import DenseWay, way_of
from .crops import windows


@dataclass(frozen=True)
class PlaceEncoder:
    """An image-text model that embeds each cell of a grid over an image.

    Attributes
    ----------
    model
        The image-text model.
    way
        One that it takes.
    grid
        Cells a side.
    """

    model: ImageTextModel
    way: DenseWay
    grid: int

    @cached_property
    def squash(self) -> Callable[[Image.Image], Tensor]:
        """The model's preprocessing of a whole image, whatever its proportions."""
        return squashing(self.model.network)

    @property
    def inputs(self) -> int:
        """How many inputs of the network an image is."""
        return 1 if self.way.maps else self.grid**2

    def prepared(self, image: Image.Image, box: Box) -> Tensor:
        """What the network takes of a box of an RGB image, squeezed to its size: (3, height, width).

        (grid², 3, height, width) where places are crops.
        """
        side = max(np.atleast_1d(self.model.network.visual.preprocess_cfg["size"]).tolist())
        if self.way.maps:
            return self.squash(cut_out(image, box, side))
        return torch.stack([self.squash(cut_out(image, window, side)) for window in windows(box, self.grid)])

    @torch.inference_mode()
    def embed(self, batch: Tensor) -> Tensor:
        """The (n, grid², dim) float32 embeddings of unit norm of n prepared images, cells row by row."""
        if self.way.maps is None:
            return self.model.embed_images(batch.flatten(0, 1)).unflatten(0, batch.shape[:2])
        return self.model.encoded(batch, lambda images: self._of_cells(self.model.network.visual, images))

    def _of_cells(self, visual: nn.Module, images: Tensor) -> Tensor:
        means = in_cells(self.way.maps(visual, images).float(), self.grid, "avg")  # type: ignore[misc]  # there are maps
        if self.way.head is None:
            return means
        return self.way.head(visual, means.flatten(0, 1)).unflatten(0, means.shape[:2])


def place_encoder(model: ImageTextModel, grid: int, chosen: str | None = None) -> PlaceEncoder:
    """An encoder of places by the chosen way, or the one of the model's kind; a line says which, and its cost.

    Raises
    ------
    LinexpError
        The model does not take the chosen way.
    """
    encoder = PlaceEncoder(model, way_of(model.network.visual, chosen), grid)
    cost = "one pass an image" if encoder.inputs == 1 else f"{encoder.inputs} times the passes of whole images"
    print(f"embedding {grid} × {grid} places by {encoder.way.name}: {cost}", file=sys.stderr)
    return encoder


@dataclass(frozen=True)
class Views:
    """What a target sees of images: pairs of an image and its box.

    Attributes
    ----------
    images
        By row.
    boxes
        (n_images, 4) left, top, right and bottom as shares of the sides.
    """

    images: Images
    boxes: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Image.Image, Box]:
        return self.images[row], tuple(self.boxes[row].tolist())


def embedded_places(encoder: PlaceEncoder, views: Views, batch_size: int, threads: int) -> Iterator[np.ndarray]:
    """Blocks of (n · grid², dim) embeddings of the cells of all images, in order.

    Parameters
    ----------
    batch_size
        Inputs of the network at a time; at least those of one image.
    """
    at_once = max(1, batch_size // encoder.inputs)
    batches = image_batches(views, lambda view: encoder.prepared(*view), at_once, threads, "embedding places")
    return map_what_fits(lambda batch: encoder.embed(batch).flatten(0, 1).numpy(), batches)
