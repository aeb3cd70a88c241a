"""Image bytes in Parquet files, in the layout of Hugging Face image data sets."""

import json
import threading
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LinexpError
from ..class_lists import check_order, numbered
from ..image_source import NO_CLASS, ImageSource
from .kind import Entry, Kind, names_without_labels

COLUMNS = """\
  image: {description: "Column: struct<bytes, path> or binary.", type: string, default: image}
  label: {
    description: "Column: class number, -1 for none, or class name. Left out: no labels.",
    type: string, examples: [label]
  }
  key: {
    description: "Column: what an image is called, a text or number of its own; left out, its row.",
    type: string, examples: [file_name]
  }
  concepts: {
    description: "Column: list of further concepts that are true of the image.",
    type: string, examples: [tags]
  }
"""
"""The keys that name columns, in the schema of a kind that is read from Parquet files."""
KEYS = (
    """
description: Image bytes in Parquet files, in the layout of Hugging Face image data sets.
required: [files]
properties:
  files: {
    description: "Paths, also with * or {00..11}; environment variables are filled in.",
    type: array, items: {type: string}, minItems: 1, examples: [["$CIFAR10/cifar10_test.parquet"], ["photos/*.parquet"]]
  }
"""
    + COLUMNS
    + """\
  origin: {
    description: "Where the images come from: said where they are missing.",
    type: string, examples: [image-net.org (ILSVRC2012_img_val)]
  }
  class_names: {$ref: "#/$defs/class_names"}
  superclasses: {$ref: "#/$defs/superclasses"}
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""
)
_HIGHEST_LABEL = np.iinfo(np.int32).max
_ROWS_AT_A_TIME = 16
"""Images of an array of Arrow's: together less than 2 GiB, whatever they are of."""


class ParquetImages(ImageSource):
    """Images as bytes in Parquet files, in the layout of Hugging Face image data sets.

    The image column is `struct<bytes, path>` or plain binary. Class names come from the configuration, or from
    the Hugging Face metadata of the files.
    """

    def __init__(
        self,
        files: Sequence[str | Path],
        image: str = "image",
        label: str | None = None,
        concepts: str | None = None,
        class_names: Sequence[str] | None = None,
        key: str | None = None,
    ):
        self._files = [_open_parquet(file) for file in files]
        self._image = image
        for file, path in zip(self._files, files, strict=True):
            for column in filter(None, (image, label, concepts, key)):
                found = file.schema_arrow.names.count(column)
                if not found:
                    columns = ", ".join(file.schema_arrow.names)
                    raise LinexpError(f"{path} has no column {column!r}; it has {columns}")
                if found > 1:
                    raise LinexpError(f"{path} has {found} columns {column!r}; write it with other names")
            kinds = {image: (_holds_images, "bytes, or struct<bytes, path>")}
            kinds |= {label: (_is_label, "class numbers or names")} if label else {}
            kinds |= {key: (_is_label, "texts or numbers")} if key else {}
            kinds |= {concepts: (_is_list_of_text, "lists of text")} if concepts else {}
            for column, (fits, wanted) in kinds.items():
                kind = file.schema_arrow.field(column).type
                if not fits(kind):
                    kind = f"{kind}" if len(str(kind)) < 60 else "something else"
                    raise LinexpError(f"{path}: column {column!r} has {kind}; it has to have {wanted}")
        self._groups = [(file, group) for file in self._files for group in range(file.metadata.num_row_groups)]
        sizes = [file.metadata.row_group(group).num_rows for file, group in self._groups]
        self._ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._read_group = lru_cache(maxsize=2)(self._read_group_uncached)
        self._unreadable: dict[int, str] = {}
        rows = range(int(self._ends[-1]) if sizes else 0)
        self.keys = self._own_keys(key) if key else [f"row{row:08d}" for row in rows]
        self.labels, self.class_names = np.full(len(self), NO_CLASS, np.int32), []
        if label:
            self.labels, self.class_names = self._labels(label, class_names, files)
        if concepts:
            listed = (names or [] for file in self._files for names in _read(file, concepts).to_pylist())
            self.concepts = [[name for name in names if name is not None] for names in listed]

    def _own_keys(self, name: str) -> list[str]:
        keys = [key for file in self._files for key in _read(file, name).to_pylist()]
        if None in keys:
            raise LinexpError(f"row {keys.index(None)} has no {name}, which is to be its key; fill it")
        return list(map(str, keys))

    def _labels(
        self, name: str, class_names: Sequence[str] | None, files: Sequence[str | Path]
    ) -> tuple[np.ndarray, Sequence[str]]:
        """The class number of each image, and the class names."""
        columns = [_read(file, name) for file in self._files]
        if any(_is_text(column.type) for column in columns):
            texts = [text for column in columns for text in column.cast(pa.string()).to_pylist()]
            return numbered(texts, class_names, str(files[0]))
        own_names = self._hugging_face_names(files, name)
        check_order(class_names, own_names, str(files[0]), "class")
        if not (class_names or own_names):
            raise LinexpError(f"{files[0]} does not name its classes; give class_names")
        numbers = np.concatenate([_class_numbers(column) for column in columns])
        labels = np.clip(numbers, NO_CLASS, _HIGHEST_LABEL).astype(np.int32)
        return labels, class_names or own_names

    def _hugging_face_names(self, paths: Sequence[str | Path], label: str) -> list[str]:
        """The class names in the metadata, which have to be the same in all files that have any."""
        named = {str(path): _class_names(file, label) for path, file in zip(paths, self._files, strict=True)}
        named = {path: names for path, names in named.items() if names}
        first = next(iter(named), "")
        for path, names in named.items():
            if names != named[first]:
                raise LinexpError(
                    f"{path} has other class names than {first}, or another order, so their class numbers differ; "
                    "take one of them out, or write them anew with the same names"
                )
        return named[first] if named else []

    def _read_group_uncached(self, number: int) -> pa.ChunkedArray:
        """The images of a row group, a few at a time: Arrow cannot put more than 2 GiB of nested bytes in one array."""
        file, group = self._groups[number]
        batches = file.iter_batches(_ROWS_AT_A_TIME, row_groups=[group], columns=[self._image])
        column = pa.chunked_array([batch.column(0) for batch in batches])
        return pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column

    def _try_to_read(self, number: int) -> None:
        """Read a row group, or keep why it cannot be: it is not to be tried again for each of its images."""
        try:
            self._read_group(number)
        except MemoryError:
            raise  # says nothing of the images; the next attempt of the job has more
        except (pa.ArrowException, OSError) as error:
            self._unreadable[number] = str(error).splitlines()[0]

    def content(self, row: int) -> bytes:
        number = int(np.searchsorted(self._ends, row, side="right"))
        first = int(self._ends[number - 1]) if number else 0
        with self._lock:
            if number not in self._unreadable:
                self._try_to_read(number)
            if number in self._unreadable:
                raise LinexpError(
                    f"image {self.keys[row]} cannot be read ({self._unreadable[number]}); replace the file"
                )
            content = self._read_group(number)[row - first].as_py()
        if content is None:
            raise LinexpError(
                f"image {self.keys[row]} has no bytes; remove the row, or, if all have only paths, write the file with "
                "the images in it"
            )
        return content


def _open_parquet(path: str | Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise LinexpError(f"{path} cannot be read as Parquet ({reason}); replace the file") from error


def _class_names(file: pq.ParquetFile, label: str) -> list[str]:
    """The class names in a file's Hugging Face metadata; empty if it has none."""
    metadata = (file.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    try:
        names = json.loads(metadata)["info"]["features"][label]["names"]
    except (ValueError, LookupError, TypeError):
        return []
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _holds_images(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_images(kind.field("bytes").type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def _is_label(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or _is_text(kind)


def _is_list_of_text(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and _is_text(kind.value_type)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _class_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """(n,) int64; of uint64, which int64 does not hold all of, as large as a class number can be."""
    if pa.types.is_uint64(column.type):
        column = pc.min_element_wise(column, pa.scalar(_HIGHEST_LABEL, pa.uint64()), skip_nulls=False)
    return column.cast(pa.int64()).fill_null(NO_CLASS).to_numpy()


def _read(file: pq.ParquetFile, column: str) -> pa.ChunkedArray:
    return file.read(columns=[column]).column(column)


def _labels(entry: Entry) -> set[str]:
    return {what for what, key in (("classes", "label"), ("concepts", "concepts")) if key in entry}


def _open(entry: Entry, paths: Sequence[str], class_names: Sequence[str] | None) -> ParquetImages:
    columns: dict[str, Any] = {name: entry.get(name) for name in ("image", "label", "concepts", "key")}
    return ParquetImages(paths, class_names=class_names, **columns)


KIND = Kind(
    keys=KEYS,
    how_to_get="give the place of the file, or set the variable that its path names",
    labels=_labels,
    open=_open,
    problem=partial(names_without_labels, "there is no label column"),
    label_remedy="give its label column in {place}, or use",
)
