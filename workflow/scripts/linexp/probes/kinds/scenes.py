"""Scenes that the workflow draws itself."""

from .kind import Kind

KEYS = """
description: Scenes that the workflow draws itself.
required: [images]
properties:
  images: {description: Number of images., $ref: "#/$defs/positive", examples: [4000]}
  size: {description: Pixels a side., type: integer, minimum: 32, maximum: 1024, default: 64}
  first: {
    description: Number of the first scene; disjoint ranges are different images.,
    type: integer, minimum: 0, maximum: 2147483647, default: 0
  }
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
"""

KIND = Kind(
    keys=KEYS,
    how_to_get="draw them",
    labels=lambda _entry: {"classes", "concepts"},
    open=None,
    images=lambda entry: entry["images"],
)
