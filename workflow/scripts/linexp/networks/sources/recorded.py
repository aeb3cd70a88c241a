"""Activations that were recorded elsewhere: no network, and nothing that takes one."""

from ...errors import LinexpError, shortened
from ..activation_files import READERS, has_datasets, suffix
from .source import Model, Source

KEYS = """
description: No network, but activations that you recorded yourself.
required: [activations]
properties:
  activations:
    description: >-
      a file .npy, .h5 or .parquet with a row an image, in the order of the probe's or by their `key`, and a column a
      unit; {layer} in it stands for the name of the layer
    type: string
    examples: ["features_{layer}.npy"]
  dataset:
    description: the matrix in an .h5 file, by its name, in which {layer} can stand too; left out, `activations`
    type: string
    examples: ["{layer}"]
"""


def check(model: Model, place: str) -> None:
    """Raise a `LinexpError` if the file is of no kind that is read, or has no data sets to name one of."""
    path = model["activations"]
    shown = shortened(repr(path), 40)
    if suffix(path) not in READERS:
        raise LinexpError(f"{place}.activations: {shown} is none of {', '.join(READERS)}; write it as one of them")
    if "dataset" in model and not has_datasets(path):
        raise LinexpError(f"{place}.dataset: {shown} has no data sets, as an .h5 file has; take it out")


SOURCE = Source(keys=KEYS, build=None, name_key="activations", has_network=False, check=check)
