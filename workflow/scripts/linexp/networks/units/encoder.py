"""What makes units of the neurons at a place, and what each unit writes there."""

from collections.abc import Sequence

from torch import Tensor, nn


class Encoder(nn.Module):
    """Units at a place: read by `forward`, each written in a direction of its own.

    Parameters
    ----------
    source
        Where it comes from, for messages: `units.directions: cavs.npy`.
    decoder
        (n_units, width) by which the neurons at a place change when a unit there grows by 1.
    kind
        What the units are called.
    names
        Of the units, if they have any.

    Attributes
    ----------
    is_scaled
        Whether what a unit writes depends on the place: `scale` says by how much.
    is_sparse
        Whether units are 0 at most places, and `decode` makes neurons of them.
    subtract_bias
        Whether a bias is subtracted of the neurons first; None where the file leaves it open, until it is decided.
    """

    is_scaled = False
    is_sparse = False
    subtract_bias: bool | None = False
    decoder: Tensor

    def __init__(self, source: str, decoder: Tensor, kind: str, names: Sequence[str] | None = None):
        super().__init__()
        self.source, self.kind, self.names = source, kind, names
        self.register_buffer("decoder", decoder)

    @property
    def width(self) -> int:
        """Neurons of the layers that it fits."""
        return self.decoder.shape[1]

    def forward(self, neurons: Tensor) -> Tensor:
        """(…, n_units) from (…, width)."""
        raise NotImplementedError

    def decode(self, units: Tensor, neurons: Tensor) -> Tensor:
        """(…, width) that units make of the neurons that they were read off."""
        raise NotImplementedError

    def scale(self, neurons: Tensor) -> Tensor:
        """(…, 1) by which what a unit writes at each place is to be multiplied."""
        raise NotImplementedError
