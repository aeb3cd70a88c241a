"""Work on many items at once, in order and with bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from threadpoolctl import threadpool_limits


def ordered_map(
    function: Callable, items: Iterable, threads: int, ahead: int | None = None, initializer: Callable | None = None
) -> Iterator:
    """`map(function, items)` on a pool of threads.

    Decoding and resizing images releases Python's global lock, so threads are enough and nothing is copied.

    Parameters
    ----------
    ahead
        Results that are made before the reader asks for them, at most; default 32 a thread.
    initializer
        Called once in each thread.
    """
    items = iter(items)
    with ThreadPoolExecutor(threads, initializer=initializer) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(items, ahead or 32 * threads))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in islice(items, 1))
            yield result


def for_slices(function: Callable[[slice], None], length: int, threads: int, size: int = 32) -> None:
    """Call `function` for every slice of `size` items, on several threads; for work that releases the global lock."""
    for_each(function, (slice(begin, begin + size) for begin in range(0, length, size)), threads)


def for_each(function: Callable[[Any], None], items: Iterable, threads: int) -> None:
    """Call `function` for every item, on several threads; for work that releases the global lock."""
    items = list(items)
    if len(items) == 1:  # starting a thread takes longer than little work
        function(items[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(function, items))


def blas_on_one_thread():
    """A context in which a matrix product takes one thread, so that several can run beside each other (`for_slices`).

    BLAS splits a product evenly, so all its threads wait for the one whose core does something else at the time.
    """
    return threadpool_limits(1, "blas")


def batched(items: Iterable, size: int) -> Iterator[list]:
    """Lists of `size` consecutive items; the last may be shorter."""
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
