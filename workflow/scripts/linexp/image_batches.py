"""Images, decoded and preprocessed on several threads, as batches for a network."""

from collections.abc import Callable, Iterator

import torch

from .errors import LinexpError
from .parallel import batched, ordered_map
from .probe_index import IndexedImages
from .progress import progress


def image_batches(
    images: IndexedImages, preprocess: Callable, batch_size: int, threads: int, description: str
) -> Iterator[torch.Tensor]:
    """All images in order, as (batch, 3, height, width) float32 tensors, with a progress bar.

    Raises:
        LinexpError: the images are not of one size, even after preprocessing.
    """
    tensors = ordered_map(lambda row: preprocess(images[row]), range(len(images)), threads)
    batches = (_stacked(batch) for batch in batched(tensors, batch_size))
    return progress(batches, len(images), "image", description)


def _stacked(tensors: list[torch.Tensor]) -> torch.Tensor:
    for tensor in tensors:
        if tensor.shape != tensors[0].shape:
            one, other = ("x".join(map(str, shape[1:])) for shape in (tensors[0].shape, tensor.shape))
            raise LinexpError(f"preprocess: it leaves images of {one} and of {other} pixels; give a resize")
    return torch.stack(tensors)
