"""Work on many items at once, in order and with bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice


def ordered_map(function: Callable, items: Iterable, threads: int) -> Iterator:
    """`map(function, items)` on a pool of threads, at most 32 results a thread ahead of the reader.

    Decoding and resizing images releases Python's global lock, so threads are enough and nothing is copied.
    """
    items = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(items, 32 * threads))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in islice(items, 1))
            yield result


def for_slices(function: Callable[[slice], None], length: int, threads: int, size: int = 32) -> None:
    """Call `function` for every slice of `size` items, on several threads; for work that releases the global lock."""
    slices = [slice(begin, begin + size) for begin in range(0, length, size)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(function, slices))


def batched(items: Iterable, size: int) -> Iterator[list]:
    """Lists of `size` consecutive items; the last may be shorter."""
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
