"""The validation images of ImageNet as they are distributed, in one flat folder; labels are in the devkit."""

from ..listed import open_imagenet
from .kind import Kind

KEYS = """
description: The validation images of ImageNet as they are distributed, in one flat folder; labels are in the devkit.
required: [root, devkit]
properties:
  root: {
    description: Path of ILSVRC2012_img_val; environment variables are filled in.,
    type: string, examples: [data/imagenet/ILSVRC2012_img_val]
  }
  devkit: {
    description: Path of ILSVRC2012_devkit_t12; the same.,
    type: string, examples: [data/imagenet/ILSVRC2012_devkit_t12]
  }
  class_names: {$ref: "#/$defs/class_names", default: imagenet1k, examples: [imagenet1k]}
  superclasses: {$ref: "#/$defs/superclasses"}
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""

KIND = Kind(
    keys=KEYS,
    how_to_get="get ILSVRC2012_img_val and ILSVRC2012_devkit_t12 from image-net.org and unpack them there",
    labels=lambda _entry: {"classes"},
    open=lambda _entry, paths, class_names: open_imagenet(paths[0], paths[1], class_names),
    images=lambda _entry: 50_000,
)
