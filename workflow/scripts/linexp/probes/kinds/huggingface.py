"""Image data sets of the Hugging Face hub, whose Parquet files the workflow fetches once."""

from collections.abc import Sequence

from ..hub import fetched_files
from .kind import Entry, Kind
from .parquet import COLUMNS, ParquetImages
from .parquet import KIND as PARQUET

KEYS = (
    """
description: >-
  A data set of the Hugging Face hub, by its name: the workflow fetches its Parquet files once, as the hub has them of
  every data set.
required: [repo, split]
properties:
  repo: {
    description: owner/name on the hub.,
    type: string, pattern: "^[^/]+/[^/]+$(?!\\\\n)", examples: [uoft-cs/cifar10]
  }
  subset: {description: "Its subset, where it has several.", type: string, examples: [default]}
  split: {description: The split to take., type: string, examples: [validation]}
  revision: {description: Where its Parquet files are., type: string, default: refs/convert/parquet}
"""
    + COLUMNS
    + """\
  split_file: {$ref: "#/$defs/split_file"}
  class_names: {$ref: "#/$defs/class_names"}
  superclasses: {$ref: "#/$defs/superclasses"}
  limit: {
    description: "Take the first images only, and fetch no more files than they are in.",
    $ref: "#/$defs/positive", examples: [1000]
  }
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""
)


def _open(entry: Entry, paths: Sequence[str], class_names: Sequence[str] | None) -> ParquetImages:
    columns = {name: entry.get(name) for name in ("label", "concepts", "key")}
    return ParquetImages(fetched_files(paths[0]), entry.get("image", "image"), class_names=class_names, **columns)


KIND = Kind(
    keys=KEYS,
    how_to_get="run it where there is internet",
    labels=PARQUET.labels,
    open=_open,
    problem=PARQUET.problem,
    label_remedy=PARQUET.label_remedy,
    fetched=("repo", "subset", "split", "revision", "limit"),
)
