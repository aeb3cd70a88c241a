"""WebDataset: shards that are tar files, in which the files of one sample lie together under one name."""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import LinexpError, shortened
from ..class_lists import numbered
from ..image_source import NO_CLASS, ImageSource
from .kind import Entry, Kind, names_without_labels

KEYS = """
description: >-
  WebDataset shards: tar files, not compressed, in which the files of a sample have one name and lie together. Images
  are read where they lie, and nothing is unpacked.
required: [files]
properties:
  files: {
    description: "Paths of the shards, also with * or {000..063}; environment variables are filled in.",
    type: array, items: {type: string}, minItems: 1, examples: [["$IMAGENET/val-{000..063}.tar"]]
  }
  image: {
    description: "Ending of the images, or several with ; between them.",
    type: string, default: jpg, examples: [jpg;png]
  }
  label:
    description: >-
      Ending of files with a class number or class name each; json.class for what .json files have under the key class,
      json.meta.class for what lies deeper. Left out: no labels.
    type: string
    examples: [cls, json.class]
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


_JSON = "json."


@dataclass
class _Sample:
    """The files of one name in a shard, where they begin and how long they are."""

    shard: str
    name: str
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def read(self, ending: str) -> bytes:
        begin, size = self.parts[ending]
        with open(self.shard, "rb") as file:
            file.seek(begin)
            return file.read(size)


class ShardImages(ImageSource):
    """Images in the shards of a WebDataset, in the order in which they lie there.

    Parameters
    ----------
    shards
        Paths of the tar files.
    endings
        Of the images; the first that a sample has. A sample without any is passed over.
    label
        The ending of the files with the classes, or `json.` and a key in these: all are numbers, or all names.
    class_names
        By class number; None for the names in the files, in the order of the alphabet.
    """

    def __init__(
        self,
        shards: Sequence[str],
        endings: Sequence[str] = ("jpg",),
        label: str | None = None,
        class_names: Sequence[str] | None = None,
    ):
        samples = [sample for shard in shards for sample in _samples(shard)]
        found = [(sample, next((end for end in endings if end in sample.parts), None)) for sample in samples]
        self._images = [(sample, ending) for sample, ending in found if ending is not None]
        self._others = len(found) - len(self._images)
        if not self._images and samples:
            has = ", ".join(dict.fromkeys(end for sample in samples[:1000] for end in sample.parts))
            raise LinexpError(f"{shards[0]} has no images that end in {', '.join(endings)}; it has {has[:100]}")
        self.keys = [f"{Path(sample.shard).stem}/{sample.name}" for sample, _ in self._images]
        self.labels, self.class_names = np.full(len(self._images), NO_CLASS, np.int32), []
        if label is not None:
            texts = [_label(sample, label) for sample, _ in self._images]
            if not any(texts):
                lacking = f"nothing under {label}" if label.startswith(_JSON) else f"no files that end in {label}"
                raise LinexpError(f"{shards[0]} has {lacking}; correct label, or take it out")
            self.labels, self.class_names = numbered(texts, class_names, shards[0])

    def content(self, row: int) -> bytes:
        sample, ending = self._images[row]
        try:
            content = sample.read(ending)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LinexpError(f"image {self.keys[row]} cannot be read ({reason}); replace {sample.shard}") from error
        if len(content) < sample.parts[ending][1]:
            raise LinexpError(f"image {self.keys[row]} is cut off; replace {sample.shard}")
        return content

    def remarks(self) -> list[str]:
        return [f"without an image and passed over: {self._others} samples"] if self._others else []


def _samples(shard: str) -> list[_Sample]:
    """The samples of a shard. Links and whatever else is no plain file are left alone."""
    samples: list[_Sample] = []
    try:
        with tarfile.open(shard, "r:") as file:
            for member in file:
                if not member.isreg() or member.issparse():
                    continue
                folder, _, base = member.name.rpartition("/")
                stem, _, ending = base.partition(".")
                name = f"{folder}/{stem}" if folder else stem
                if not samples or samples[-1].name != name:
                    samples.append(_Sample(shard, name))
                samples[-1].parts[ending] = (member.offset_data, member.size)
    except (tarfile.TarError, OSError, EOFError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise LinexpError(
            f"{shard} cannot be read as tar ({reason}); replace it, or unpack it with gunzip where it is compressed"
        ) from error
    return samples


def _label(sample: _Sample, label: str) -> str | None:
    """The text that labels a sample: a file of its own, or a value in its JSON; None where it has none."""
    if label in sample.parts and label != "json":
        return _text(sample, label)
    ending, *keys = label.split(".")
    return _in_json(sample, keys) if ending == "json" and ending in sample.parts else None


def _in_json(sample: _Sample, keys: Sequence[str]) -> str | None:
    """The number or name under a key, each of the keys in the mapping under the one before."""
    place = f"{sample.shard}: {sample.name}.json"
    try:
        value = json.loads(_text(sample, "json"))
    except ValueError as error:
        raise LinexpError(f"{place} is not JSON ({error}); correct label, or replace the shard") from error
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        under, shown = ".".join(["json", *keys]), shortened(json.dumps(value), 60)
        raise LinexpError(
            f"{place} has {shown} under {under}; give the key of a class number or name, such as json.class"
        )
    return None if value is None else str(value)


def _text(sample: _Sample, ending: str) -> str:
    try:
        return sample.read(ending).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise LinexpError(f"{sample.shard}: {sample.name}.{ending} is not text; correct label") from error


def _labels(entry: Entry) -> set[str]:
    return {"classes"} if "label" in entry else set()


def _open(entry: Entry, paths: Sequence[str], class_names: Sequence[str] | None) -> ShardImages:
    endings = [ending.strip(" .") for ending in entry.get("image", "jpg").split(";")]
    return ShardImages(paths, endings, entry.get("label"), class_names)


KIND = Kind(
    keys=KEYS,
    how_to_get="give the place of the shards, or set the variable that their path names",
    labels=_labels,
    open=_open,
    problem=partial(names_without_labels, "there are no labels"),
    label_remedy="give the ending of its labels in {place}, or use",
)
