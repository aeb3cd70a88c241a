"""P of pixel labels: the share of a cell, or of the part of the image that a network sees, that a concept covers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..artifacts import store


@dataclass(frozen=True)
class AreaPresence:
    """Covered shares, read from a file of sparse rows (`probes.areas`) where they are asked for.

    Attributes
    ----------
    file
        With `columns` and `shares`.
    begins
        (n_rows + 1,) where each row begins in them.
    n_concepts
        In the file.
    kept
        The columns of P among them; None for all.
    """

    file: h5py.File
    begins: NDArray[np.int64]
    n_concepts: int
    kept: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.begins) - 1

    def of(self, rows: np.ndarray) -> np.ndarray:
        first, last = int(rows[0]), int(rows[-1]) + 1
        begins = self.begins[first : last + 1]
        columns, shares = (store.read_rows(self.file[name], begins[0], begins[-1]) for name in ("columns", "shares"))
        sparse = csr_array((shares, columns, begins - begins[0]), (last - first, self.n_concepts))
        sparse = sparse if len(rows) == last - first else sparse[rows - first]
        return (sparse if self.kept is None else sparse[:, self.kept]).toarray()

    def only(self, columns: np.ndarray) -> "AreaPresence":
        kept = np.asarray(columns, np.intp)
        return replace(self, kept=kept if self.kept is None else self.kept[kept])


@contextmanager
def open_areas(path: str | Path) -> Iterator[AreaPresence]:
    """P of all concepts in a file of areas, whose names are its `concepts`."""
    (begins,), concepts = store.read_arrays(path, "begins"), store.read_strings(path, "concepts")
    with store.open_arrays(path) as file:
        yield AreaPresence(file, begins, len(concepts))
