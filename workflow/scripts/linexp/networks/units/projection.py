"""Directions as an encoder."""

from collections.abc import Sequence

from torch import Tensor

from .encoder import Encoder


class Projection(Encoder):
    """x·d/‖d‖ of each direction d, which writes d/‖d‖.

    Parameters
    ----------
    directions
        (n, width), of length 1.
    """

    def __init__(self, source: str, directions: Tensor, names: Sequence[str] | None = None):
        super().__init__(source, directions, "directions", names)

    def forward(self, neurons: Tensor) -> Tensor:
        return neurons @ self.decoder.T
