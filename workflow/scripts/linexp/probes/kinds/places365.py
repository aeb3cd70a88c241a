"""The validation images of Places365, in torchvision's layout."""

from ..listed import open_places365
from .kind import Kind

KEYS = """
description: The validation images of Places365, in torchvision's layout.
required: [root]
properties:
  root: {description: Path; environment variables are filled in., type: string, examples: [data/places365]}
  superclasses: {$ref: "#/$defs/superclasses", examples: [{home: [kitchen, bedroom]}]}
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""

KIND = Kind(
    keys=KEYS,
    how_to_get="get it with torchvision.datasets.Places365(root, split='val', download=True)",
    labels=lambda _entry: {"classes"},
    open=lambda _entry, paths, _class_names: open_places365(paths[0]),
    images=lambda _entry: 36_500,
)
