"""Paths that stand for several files: with `*`, or with numbers from one to another in braces."""

import glob
import os
import re

from ..errors import LinexpError

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
MOST = 1_000_000
"""Files of a range of numbers: more is a slip of the pen."""


def matching(path: str) -> list[str]:
    """The files that a path names, in the order of numbers and then of names; the path itself where none is there.

    Parameters
    ----------
    path
        Such as `train-*.parquet`, or `val-{000..063}.tar`, in which numbers have as many digits as the first.
    """
    if os.path.exists(path):
        return [path]
    return [file for numbered in _numbered(path) for file in _globbed(numbered)]


def _globbed(path: str) -> list[str]:
    if os.path.exists(path) or not glob.has_magic(path):
        return [path]
    return sorted(glob.glob(path, recursive=True)) or [path]


def _numbered(path: str) -> list[str]:
    found = _RANGE.search(path)
    if not found:
        return [path]
    first, last = found.groups()
    if not 0 <= int(last) - int(first) < MOST:
        raise LinexpError(f"files: {found[0]} of {path} is no range of numbers; write the lower one first")
    before, behind = path[: found.start()], path[found.end() :]
    numbers = (str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))
    return [numbered for number in numbers for numbered in _numbered(before + number + behind)]
