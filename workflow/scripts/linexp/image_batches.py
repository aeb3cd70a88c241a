"""Images, decoded and preprocessed on several threads, as batches for a network."""

from collections.abc import Callable, Iterator

import torch

from .parallel import batched, ordered_map
from .probe_index import IndexedImages
from .progress import progress


def image_batches(
    images: IndexedImages, preprocess: Callable, batch_size: int, threads: int, description: str
) -> Iterator[torch.Tensor]:
    """All images in order, as (batch, 3, height, width) float32 tensors, with a progress bar."""
    tensors = ordered_map(lambda row: preprocess(images[row]), range(len(images)), threads)
    batches = (torch.stack(batch) for batch in batched(tensors, batch_size))
    return progress(batches, len(images), "image", description)
