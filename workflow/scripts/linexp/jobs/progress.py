"""Progress of long work: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable, Iterator

from tqdm import tqdm

_SECONDS_BETWEEN_LOG_LINES = 10.0
_GIGABYTES_WORTH_A_LINE = 0.1


class _Lines:
    """Turns tqdm's carriage returns into lines, for logs."""

    def write(self, text: str) -> None:
        if text.strip():
            sys.stderr.write(text.strip() + "\n")

    def flush(self) -> None:
        sys.stderr.flush()


def progress(items: Iterable, total: int, unit: str, description: str, step=len) -> Iterator:
    """Yield `items` and show how many of `total` units are done, the rate and the time left.

    `step` gives the number of units that one item stands for (default: its length).
    """
    on_terminal = sys.__stderr__ is not None and sys.__stderr__.isatty()
    bar = tqdm(
        total=total,
        unit=unit,
        unit_scale=total > 100_000,
        desc=description,
        file=sys.__stderr__ if on_terminal else _Lines(),
        ncols=None if on_terminal else 100,
        mininterval=0.2 if on_terminal else _SECONDS_BETWEEN_LOG_LINES,
        miniters=1,
        leave=False,
    )
    with bar:
        for item in items:
            yield item
            bar.update(step(item))


def duration(seconds: float) -> str:
    """A time in words, in the unit that makes it a small number."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def say_what_is_written(name: str, n_rows: int, n_columns: int) -> None:
    """A line on the disk that (n_rows, n_columns) float32 values will take, where that is much."""
    gigabytes = n_rows * n_columns * 4 / 1e9
    if gigabytes >= _GIGABYTES_WORTH_A_LINE:
        print(f"{name}: {n_rows:,} rows of {n_columns:,} values, {gigabytes:.2f} GB to write", file=sys.stderr)
