"""Embeddings of the places of images, by the way that suits the model."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn

from ..image_text import ImageTextModel, squashing
from . import DenseWay, way_of
from .cells import cell_means
from .crops import crops_of


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

    @property
    def inputs(self) -> int:
        """How many inputs of the network an image is."""
        return 1 if self.way.maps else self.grid**2

    def preprocess(self) -> Callable[[Image.Image], Tensor]:
        """From an RGB image to the tensor of it that `embed` takes; its whole is seen, whatever its proportions.

        (3, height, width), or (grid², 3, height, width) where places are crops.
        """
        transform = squashing(self.model.network)
        return transform if self.way.maps else crops_of(transform, self.grid)

    @torch.inference_mode()
    def embed(self, batch: Tensor) -> Tensor:
        """The (n, grid², dim) float32 embeddings of unit norm of n preprocessed images, cells row by row."""
        if self.way.maps is None:
            return self.model.embed_images(batch.flatten(0, 1)).unflatten(0, batch.shape[:2])
        return self.model.encoded(batch, lambda images: self._of_cells(self.model.network.visual, images))

    def _of_cells(self, visual: nn.Module, images: Tensor) -> Tensor:
        means = cell_means(self.way.maps(visual, images), self.grid)  # type: ignore[misc]  # there are maps
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
