"""What the registry knows of a way to embeddings of places."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class DenseWay:
    """A way to embeddings of places, which compare with texts as those of whole images do.

    Attributes
    ----------
    name
        What a configuration and an artifact call it.
    kind
        What models it is for, to complete "it is".
    serves
        Whether the image encoder of an open_clip model is of that kind.
    maps
        From an image encoder and (n, 3, height, width) images to (n, channels, rows, columns) at the places of its own
        grid. None for a way that looks at one crop after another.
    head
        From an image encoder and (k, channels) means of `maps` over cells to (k, dim) embeddings; None where the maps
        are embeddings already.
    """

    name: str
    kind: str
    serves: Callable[[nn.Module], bool]
    maps: Callable[[nn.Module, Tensor], Tensor] | None
    head: Callable[[nn.Module, Tensor], Tensor] | None = None
