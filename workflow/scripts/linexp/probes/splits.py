"""Splits of images that a file gives, such as published ones."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..errors import LinexpError

SPLITS = ("train", "val", "test")


def read_split(path: str | Path, keys: Sequence[str]) -> np.ndarray:
    """The split of each image.

    Parameters
    ----------
    path
        A CSV or Parquet file with the columns `split` (train, val or test) and `key`, or else `image`, the number of an
        image, from 0.
    keys
        Of all images, in their order.

    Returns
    -------
    np.ndarray
        (n_images,) of the names in `SPLITS`.

    Raises
    ------
    LinexpError
        The file cannot be read, or has not one row for each image. Rows of others, as of images beyond `limit`, are
        left alone.
    """
    table = _read(path)
    column = next((name for name in ("key", "image") if name in table.column_names), None)
    if column is None or "split" not in table.column_names:
        named = ", ".join(table.column_names)
        raise LinexpError(f"split: {path} has the columns {named}; it has to have key or image, and split")
    names = _texts(table, column)
    wanted = keys if column == "key" else list(map(str, range(len(keys))))
    splits = dict(zip(names, _texts(table, "split"), strict=True))
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise LinexpError(f"split: {path} has {column} {twice} twice; keep one row an image")
    lacking = [name for name in wanted if name not in splits]
    if lacking:
        raise LinexpError(
            f"split: {path} has no row for {len(lacking)} of {len(wanted)} images, "
            f"such as {column} {lacking[0]}; add them"
        )
    wrong = next((name for name in wanted if splits[name] not in SPLITS), None)
    if wrong is not None:
        problem = f"{column} {wrong!r} is in {splits[wrong]!r}"
        raise LinexpError(f"split: {path}: {problem}; write one of {', '.join(SPLITS)}")
    return np.array([splits[name] for name in wanted], dtype="<U5")


def _read(path: str | Path) -> pa.Table:
    try:
        if Path(path).suffix == ".parquet":
            return pq.read_table(path)
        return pyarrow.csv.read_csv(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:100]
        raise LinexpError(f"split: {path} cannot be read ({reason}); give a CSV or Parquet file") from error


def _texts(table: pa.Table, column: str) -> list[str]:
    return [str(value).strip() for value in table[column].to_pylist()]
