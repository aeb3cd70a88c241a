"""Directions in the space of a layer's neurons: a direction d reads x·d/‖d‖ and writes d/‖d‖ (such as CAVs, probes)."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import LinexpError
from .direction_files import READERS, Directions, extension
from .kind import Entry, UnitKind

if TYPE_CHECKING:
    from .encoder import Encoder

MOST = 100_000
KEYS = """
description: Any directions in the space of the layer's neurons, read by projection.
required: [directions]
properties:
  directions:
    description: >-
      File with one direction a row: .npy, .npz, .safetensors or .parquet; but for .npy it may have names.
    type: string
    examples: [cavs.safetensors]
"""


def unit_directions(path: str) -> Directions:
    """The directions in a file, scaled to length 1, in float64.

    Raises
    ------
    LinexpError
        The file cannot be read, is no matrix, or has a direction that is zero or not finite.
    """
    stat = os.stat(path)
    return _unit_directions(path, stat.st_size, stat.st_mtime_ns)


@cache
def _unit_directions(path: str, _size: int, _time: int) -> Directions:
    if extension(path) not in READERS:
        raise _error(path, "is none of .npy, .npz, .safetensors and .parquet", "save them as one of these")
    try:
        found, names = READERS[extension(path)](path)
    except LinexpError:
        raise
    except Exception as error:  # libraries fail with errors of many kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise _error(path, f"cannot be read ({reason})", "save an array of numbers, with no Python objects") from error
    return Directions(_scaled(path, found), _checked_names(path, names, len(found)))


def _scaled(path: str, found: NDArray) -> NDArray[np.float64]:
    if found.ndim != 2 or found.dtype.kind not in "fiu" or not found.size:
        what = f"has an array of {found.dtype} of shape {found.shape}"
        raise _error(path, what, "give numbers of shape (directions, width)")
    if len(found) > MOST:
        raise _error(path, f"has {len(found):,} directions", f"give at most {MOST:,}, one a row")
    found = found.astype(np.float64)
    largest = np.abs(found).max(axis=1)
    wrong = np.flatnonzero(~np.isfinite(largest) | (largest == 0))
    if len(wrong):
        what = "is zero" if largest[wrong[0]] == 0 else "is not finite"
        raise _error(path, f"has a direction, row {wrong[0]}, that {what}", "take it out")
    found /= largest[:, None]  # so that no square is 0 or infinite
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _checked_names(path: str, names: list[str] | None, n_directions: int) -> list[str] | None:
    if names is not None and len(names) != n_directions:
        raise _error(path, f"has {len(names)} names for {n_directions} directions", "give one for each, or none")
    return names


def _error(path: str, what: str, remedy: str) -> LinexpError:
    return LinexpError(f"units.directions: {path} {what}; {remedy}")


def _check(entry: Entry) -> None:
    unit_directions(entry["directions"])


def _open(entry: Entry) -> Encoder:
    import torch

    from .projection import Projection

    found = unit_directions(entry["directions"])
    return Projection(f"units.directions: {entry['directions']}", torch.from_numpy(found.unit), found.names)


KIND = UnitKind(keys=KEYS, files=lambda entry: [entry["directions"]], check=_check, open=_open)
