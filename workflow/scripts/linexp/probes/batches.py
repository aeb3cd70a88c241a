"""Images, decoded and preprocessed on several threads, as batches for a network."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from math import ceil
from threading import Lock
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..errors import LinexpError
from ..jobs.blocks import block_of
from ..jobs.gpu_memory import is_full
from ..jobs.parallel import ordered_map
from ..jobs.progress import progress
from ..jobs.runtime import device

IMAGES_TOGETHER = 2048
"""Batches end at multiples of so many images, and so do the blocks that a probe is cut into (`image_blocks`).

What a network makes of an image is rounded as its batch is large: so an image is in the same batch whatever the blocks.
"""

_IMAGES_A_TASK = 4


def rows_of_block(block: tuple[int, int] | None, n_images: int) -> range:
    """The images of a block, or all of them.

    Parameters
    ----------
    block
        Its number, from 1, and that of all blocks, of which some are empty where images are few; None for all images.
    """
    some = block_of(*block, n_images, IMAGES_TOGETHER) if block else slice(0, n_images)
    return range(some.start, some.stop)


class Images(Protocol):
    """Images by their row."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> Any: ...


class ImageRows:
    """Some of the indexed images, in the order of the given rows."""

    def __init__(self, images: Images, rows: Sequence[int] | np.ndarray):
        self._images, self._rows = images, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int):
        return self._images[int(self._rows[position])]


class _Batch:
    """The images of some rows, which several threads fill in; room for them is made when the first tells its size."""

    def __init__(self, rows: range):
        self.rows = rows
        self.tensor: Tensor | None = None
        self._lock = Lock()

    def put(self, row: int, image: Tensor) -> None:
        with self._lock:
            if self.tensor is None:
                # pinned memory is copied to a GPU while it computes
                self.tensor = torch.empty((len(self.rows), *image.shape), pin_memory=device() == "cuda")
        if image.shape != self.tensor.shape[1:]:
            one, other = sorted("x".join(map(str, shape[-2:])) for shape in (self.tensor.shape, image.shape))
            raise LinexpError(f"preprocess: it leaves images of {one} and of {other} pixels; give a resize")
        self.tensor[self.rows.index(row)] = image


def batches_of_rows(n_images: int, batch_size: int) -> Iterator[range]:
    """The rows of each batch; the last one before a multiple of `IMAGES_TOGETHER` may be smaller."""
    rows = range(n_images)
    for first in range(0, n_images, IMAGES_TOGETHER):
        together = rows[first : first + IMAGES_TOGETHER]
        yield from (together[begin : begin + batch_size] for begin in range(0, len(together), batch_size))


def decoded_batches(images: Images, preprocess: Callable, batch_size: int, threads: int) -> Iterator[Tensor]:
    """All images in order, as (batch, 3, height, width) float32 tensors.

    Each image is decoded once. While the reader works on a batch the next one is decoded, or a few where they are
    small, and no more than that.

    Raises
    ------
    LinexpError
        The images are not of one size, even after preprocessing.
    """

    def tasks() -> Iterator[tuple[_Batch, range]]:
        for rows in batches_of_rows(len(images), batch_size):
            batch = _Batch(rows)
            for begin in range(0, len(rows), _IMAGES_A_TASK):
                yield batch, rows[begin : begin + _IMAGES_A_TASK]

    def decode(task: tuple[_Batch, range]) -> Tensor | None:
        """The batch, where these are the last of its rows."""
        batch, rows = task
        for row in rows:
            batch.put(row, preprocess(images[row]))
        return batch.tensor if rows[-1] == batch.rows[-1] else None

    torch.get_num_threads()  # fixes this thread's own number, which others would set for it if it was never asked for
    ahead = max(ceil(batch_size / _IMAGES_A_TASK), 2 * threads)
    done = ordered_map(decode, tasks(), threads, ahead, _compute_on_one_thread)
    return (batch for batch in done if batch is not None)


def _compute_on_one_thread() -> None:
    """Threads that PyTorch starts in the calling one would come on top of those that decode."""
    torch.set_num_threads(1)


def image_batches(
    images: Images, preprocess: Callable, batch_size: int, threads: int, description: str
) -> Iterator[Tensor]:
    """The same with a progress bar, on the device that is used."""
    batches = progress(decoded_batches(images, preprocess, batch_size, threads), len(images), "image", description)
    return _copied_ahead(batches) if device() == "cuda" else batches


def _copied_ahead(batches: Iterator[Tensor]) -> Iterator[Tensor]:
    """Batches on the GPU, each copied there while the network runs on the one before; on the CPU where it is full."""
    copies = torch.cuda.Stream()

    def copied(batch: Tensor) -> tuple[Tensor, torch.cuda.Event]:
        with torch.cuda.stream(copies):
            try:
                batch = batch.to("cuda", non_blocking=True)
            except RuntimeError as error:
                if not is_full(error):
                    raise
            return batch, copies.record_event()

    for (batch, arrived), _ in pairwise(chain(map(copied, batches), [(None, None)])):
        torch.cuda.current_stream().wait_event(arrived)
        if batch.is_cuda:
            batch.record_stream(torch.cuda.current_stream())
        yield batch
