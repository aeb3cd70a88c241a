"""What is handed over as arrays, checked: matrices, which rows are train, val and test, and settings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..config.checks import whole_schema
from ..config.schema import check_against_schema, check_values, with_defaults
from ..errors import LinexpError, suggest
from ..probes.index import SPLITS, split_images
from ..workflow import SCHEMA

Rows = Mapping[str, NDArray[np.intp]]
"""Ascending row numbers of train, val and maybe test."""
Single = NDArray[np.float32]


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a linear method, checked and filled in as those of a configuration."""
    schema = whole_schema(SCHEMA)
    of_method = {"$ref": "#/$defs/method", "$defs": schema["$defs"]}
    method = {"kind": "linear", "presence": "label", **given}
    check_against_schema(method, of_method)
    check_values(method)
    if "like" in method.get("search", {}):
        raise LinexpError("search.like: there is no other method here; give length or tolerance")
    return with_defaults(method, of_method, schema)


def matrix(values: ArrayLike, name: str) -> Single:
    """A matrix of finite numbers, in single precision."""
    found = np.asarray(values)
    if found.ndim != 2:
        raise LinexpError(f"{name}: its shape is {found.shape}; give a matrix with one row an image")
    if found.dtype.kind not in "biuf":
        raise LinexpError(f"{name}: it holds {found.dtype}; give numbers")
    with np.errstate(over="ignore"):  # what overflows is said below
        single = np.ascontiguousarray(found, np.float32)
    finite = np.isfinite(single)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        here = f"row {row}, column {column} is {found[row, column]}"
        raise LinexpError(f"{name}: {here}, which is not finite in single precision; take such rows out")
    return single


def presence_matrix(values: ArrayLike, concepts: Sequence[str]) -> Single:
    """P, with a name for each column."""
    p = matrix(values, "P")
    if p.shape[1] != len(concepts):
        raise LinexpError(
            f"P: it has {p.shape[1]} columns, but there are {len(concepts)} concepts; give a name for each column"
        )
    if p.size and not 0 <= p.min() <= p.max() <= 1:
        raise LinexpError(f"P: values reach from {p.min():g} to {p.max():g}; give probabilities, from 0 to 1")
    for name in concepts:
        if not isinstance(name, str):
            raise LinexpError(f"concepts: {name!r} is not text; give names")
    twice = next((name for name, count in Counter(concepts).items() if count > 1), None)
    if twice is not None:
        raise LinexpError(f"concepts: {twice!r} is there twice; take one out")
    return p


def check_as_many(name: str, values: np.ndarray, n_images: int, other: str) -> None:
    """Raise a `LinexpError` if a matrix has not one row for each image."""
    if len(values) != n_images:
        raise LinexpError(
            f"{name}: it has {len(values)} rows, but {other} has {n_images}; give the same images to both"
        )


def drawn_rows(n_images: int, seed: int) -> Rows:
    """The split that the workflow draws by default."""
    schema = whole_schema(SCHEMA)
    names = split_images(n_images, schema["properties"]["split"]["default"], seed)
    return _complete({name: np.flatnonzero(names == name) for name in SPLITS})


def given_rows(split: Mapping[str, ArrayLike], n_images: int) -> Rows:
    """The rows of a split that is given; no image may be in two parts."""
    for name in split:
        if name not in SPLITS:
            raise LinexpError(f"split: {name!r} is none; {suggest(name, SPLITS)}")
    rows = _complete({name: row_numbers(part, n_images, f"split.{name}") for name, part in split.items()})
    images, counts = np.unique(np.concatenate(list(rows.values())), return_counts=True)
    if (counts > 1).any():
        raise LinexpError(f"split: image {images[counts > 1][0]} is in two of {', '.join(rows)}; leave it in one")
    return rows


def _complete(rows: Rows) -> Rows:
    for name in ("train", "val"):
        if not len(rows.get(name, ())):
            raise LinexpError(f"split: there are no images for {name}; give some, or more images")
    return rows


def row_numbers(given: ArrayLike, n_images: int, name: str) -> NDArray[np.intp]:
    """Ascending row numbers, of row numbers or a mask."""
    rows = np.asarray(given)
    if rows.dtype == bool:
        if rows.shape != (n_images,):
            raise LinexpError(
                f"{name}: the mask has the shape {rows.shape}; give one value for each of {n_images} images"
            )
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or not len(rows) or rows.dtype.kind not in "iu":
        raise LinexpError(f"{name}: there are no row numbers; give a list of them, or a mask")
    if rows.min() < 0 or rows.max() >= n_images:
        raise LinexpError(f"{name}: rows reach from {rows.min()} to {rows.max()}; there are 0 to {n_images - 1}")
    return np.unique(rows).astype(np.intp)
