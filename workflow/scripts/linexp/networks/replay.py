"""A target's network, cut at a layer and ready to be replayed on the probe's images."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from torch import Tensor

from ..jobs.runtime import on_device
from ..probes.batches import ImageRows, decoded_batches
from ..probes.index import IndexedImages
from ..probes.sources import open_source
from .tails import ReplayedTail, split_network
from .targets import open_target
from .units.opening import open_recorded


@dataclass(frozen=True)
class TargetLayer:
    """A layer of a target, as a job has it.

    Attributes
    ----------
    model, files, seed
        As for `targets.open_target`; the files with the `activations` that were recorded.
    layer
        Its entry in the configuration.
    images
        That of the probe.
    batch_size
        Images in a pass.
    threads
        To decode images on.
    """

    model: Mapping[str, Any]
    files: Mapping[str, Any]
    seed: int
    layer: Mapping[str, Any]
    images: Mapping[str, Any]
    batch_size: int
    threads: int

    @classmethod
    def of(cls, snakemake) -> "TargetLayer":
        """The layer that the running Snakemake script works on."""
        params = snakemake.params
        settings = params.model, snakemake.input, params.seed, params.layer, params.images
        return cls(*settings, snakemake.resources.batch_size, snakemake.threads)


def open_tail(target: TargetLayer, index: pa.Table, replace: str) -> ReplayedTail:
    """The tail of a layer.

    Parameters
    ----------
    index
        Of the probe.
    replace
        As for `ReplayedTail`.
    """
    network, preprocess = open_target(target.model, target.files, target.seed)
    indexed = IndexedImages(open_source(target.images), index)

    def blocks(rows: np.ndarray) -> Iterator[Tensor]:
        return decoded_batches(ImageRows(indexed, rows), preprocess, target.batch_size, target.threads)

    layer = target.layer
    split = split_network(on_device(network), layer["module"], next(blocks(np.arange(2))), layer.get("output"))
    return ReplayedTail(split, blocks, open_recorded(layer, target.files.get("activations")), replace)
