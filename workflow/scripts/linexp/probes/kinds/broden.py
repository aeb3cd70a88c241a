"""Broden, the data set of Network Dissection, with labels for every pixel."""

from ..broden import BrodenImages
from .kind import Kind

KEYS = """
description: Broden, the data set of Network Dissection, as it unpacks, with labels for every pixel and no classes.
required: [root]
properties:
  root: {
    description: Path of the folder of index.csv; environment variables are filled in.,
    type: string, examples: [data/broden1_224]
  }
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""

KIND = Kind(
    keys=KEYS,
    how_to_get="get netdissect.csail.mit.edu/data/broden1_224.zip and unpack it there",
    labels=lambda _entry: {"concepts"},
    open=lambda _entry, paths, _class_names: BrodenImages(paths[0]),
    images=lambda _entry: 63_305,
)
