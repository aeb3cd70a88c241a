"""Artifacts of blocks of images, put together into the one of all images."""

from collections.abc import Iterator, Sequence

import h5py
import numpy as np

from . import seals, store


def put_together(
    file: h5py.File, parts: Sequence[str], name: str, n_rows: int, chunk_columns: int | None = None
) -> list[str]:
    """Write the rows of all blocks one after the other, as `store.write_rows` writes all, and what they say.

    Parameters
    ----------
    file
        The new file.
    parts
        The files of the blocks, in their order; those of no images have no rows.
    name
        Of the data set.
    n_rows, chunk_columns
        As for `store.write_rows`.

    Returns
    -------
    list[str]
        The blocks that have rows.

    Raises
    ------
    LinexpError
        One is damaged.
    """
    filled = [path for path in parts if has(path, name)]
    with store.open_arrays(filled[0]) as first:
        kind, is_sparse = first[name].dtype.type, first[name].compression is not None
        said = {key: value for key, value in first.attrs.items() if key not in (*seals.ATTRIBUTES, "sha256")}
    store.write_rows(file, name, _rows_of(filled, name), n_rows, chunk_columns, is_sparse, kind)
    for key, value in said.items():
        file.attrs[key] = value
    return filled


def has(path: str, name: str) -> bool:
    """Whether a block has a data set."""
    with store.open_arrays(path) as file:
        return name in file


def _rows_of(parts: Sequence[str], name: str) -> Iterator[np.ndarray]:
    for path in parts:
        with store.open_arrays(path) as file:
            yield from store.row_blocks(file[name])
