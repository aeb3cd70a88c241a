"""When the memory of a GPU is full: batches are halved, and what does not fit even so is told in one line."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TypeVar

from ..errors import LinexpError, shortened

T = TypeVar("T")

_ON_THE_CPU = "compute on the CPU with CUDA_VISIBLE_DEVICES=''"
_FULL = ("out of memory", "ALLOC_FAILED")
_TAKEN = "busy or unavailable"


def is_full(error: BaseException) -> bool:
    """Whether an error of PyTorch, or of a library below it, says that the memory of the GPU is full."""
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def explained(error: BaseException) -> LinexpError | None:
    """The error in one line, if it says that there is no room on the GPU, or no access to it; None for any other."""
    if is_full(error):
        remedy = f"lower batch_size, end other processes that use the GPU, or {_ON_THE_CPU}"
        return LinexpError(f"the memory of the GPU is full ({_reason(error)}); {remedy}")
    if isinstance(error, RuntimeError) and _TAKEN in str(error):
        return LinexpError(f"the GPU is taken ({_reason(error)}); end the process that uses it, or {_ON_THE_CPU}")
    return None


def map_what_fits(function: Callable[[Sequence], T], batches: Iterable[Sequence]) -> Iterator[T]:
    """`map(function, batches)`, cutting batches as `run_what_fits` does."""
    return run_what_fits(lambda batch: [function(batch)], ((batch,) for batch in batches))


def run_what_fits(run: Callable[..., Iterable[T]], batches: Iterable[tuple[Sequence, ...]]) -> Iterator[T]:
    """What `run` gives for each batch, in order; as soon as one is too large for the GPU, for halves from there on.

    Parameters
    ----------
    run
        Makes results of the parts of a batch. Where memory runs out in between, it is called again with half as many
        items, and gives once more what it has given of them.
    batches
        Sequences of one length, such as a tensor and a list, which are cut alike.

    Raises
    ------
    LinexpError
        A single item is too large.
    """
    most = sys.maxsize
    for batch in batches:
        begin, length = 0, len(batch[0])
        while begin < length:
            part = slice(begin, min(begin + most, length))
            if (yield from _run_if_it_fits(run, [items[part] for items in batch])):
                begin = part.stop
            else:
                most = (part.stop - begin) // 2


def _run_if_it_fits(run: Callable[..., Iterable[T]], part: list[Sequence]) -> Generator[T, None, bool]:
    """What `run` gives; returns whether there was memory for it."""
    n_items = len(part[0])
    try:
        yield from run(*part)
        return True
    except RuntimeError as error:
        if not is_full(error):
            raise
        if n_items == 1:
            remedy = f"end other processes that use it, or {_ON_THE_CPU}"
            raise LinexpError(f"the GPU has no memory for a batch of one ({_reason(error)}); {remedy}") from error
    import torch  # which most jobs do without

    torch.cuda.empty_cache()  # only now, as the error holds what has filled the memory
    print(f"the GPU has no memory for a batch of {n_items}; going on with {n_items // 2}", file=sys.stderr)
    return False


def _reason(error: BaseException) -> str:
    return shortened(" ".join(str(error).split()), 200)
