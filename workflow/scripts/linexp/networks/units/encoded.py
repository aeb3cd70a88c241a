"""Units that an encoder reads off the neurons at each place, and that write in directions of their own."""

import math
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from ...errors import LinexpError
from .deciding import SUBTRACT_BIAS, Tried, better
from .encoder import Encoder
from .pooling import check_pool, described_output, location_maps, neurons_last, pool_neurons
from .reconstruction import Counted, Reconstruction

AT_A_TIME = 2**26
"""Values of units at places that are in memory together."""
READ = {"all": slice(None), "patches": slice(1, None), "first": slice(1)}
"""Which tokens are read; the first is the class token."""


class EncodedUnits:
    """What an encoder makes of a layer.

    Replacing a unit's value adds (new − old) times what the unit writes to the neurons of every place that is read. An
    encoder is not run again: other units keep their values.

    Parameters
    ----------
    pool
        Of what is encoded: as for `pool_neurons`.
    tokens
        Which are read: `all`, `patches` (all but the first) or `first`.
    """

    def __init__(
        self,
        encoder: Encoder,
        pool: str,
        channels: str = "first",
        tokens: str = "all",
        allow_poor_reconstruction: bool = False,
    ):
        self.encoder, self.pool, self.channels, self.tokens = encoder, pool, channels, tokens
        self.names, self.is_sparse = encoder.names, encoder.is_sparse
        self.reconstruction = Reconstruction() if encoder.is_sparse else None
        self._allow_poor = allow_poor_reconstruction
        self._decided: dict[str, float] = {}

    @property
    def is_undecided(self) -> bool:
        return self.encoder.subtract_bias is None

    def tried(self, output: Tensor) -> Tried:
        """What both ways of reading leave of an output."""
        found = {}
        for way in (True, False):
            self.encoder.subtract_bias = way
            found[way] = [self._counted(*encoded) for encoded in self._encoded(self._places(output))]
        self.encoder.subtract_bias = None
        return found

    def decide(self, tried: Iterable[Tried]) -> None:
        """Read in the better way from now on; see `deciding.better`."""
        way = better(tried, self.encoder.source, self._allow_poor)
        self.encoder.subtract_bias, self._decided = way, {SUBTRACT_BIAS: way}

    def read(self, output: Tensor) -> Tensor:
        found, counted = [], []
        for neurons, values in self._encoded(self._places(output)):
            found.append(self._pooled(values))
            if self.reconstruction is not None:
                counted.append(self._counted(neurons, values))
        if self.reconstruction is not None:  # once no memory is lacking any more
            self.reconstruction.add(counted)
        return torch.cat(found)

    def maps(self, output: Tensor) -> Tensor:
        neurons = location_maps(output, self.channels).movedim(1, -1)
        self._check_width(neurons)
        return self._fitting(neurons)(neurons).movedim(-1, 1).float()

    def map_blocks(self, output: Tensor) -> Iterator[tuple[slice, Tensor]]:
        places = math.prod(output.shape[1:]) // self.encoder.width
        together = self._together(places)
        for begin in range(0, len(output), together):
            yield slice(begin, begin + together), self.maps(output[begin : begin + together])

    def neurons(self, output: Tensor) -> Tensor:
        return self._pooled(self._places(output).flatten(1, -2))

    def head_weights(self, weight: Tensor) -> Tensor | None:
        """None of units that write by a scale of the place, too.

        The mean scale of each image would be exact for `shift` (to 1e-13 of a hook), but Top Impact takes the unit out
        of each place by its own scale: there it is off by 3 to 6 % where scales differ by a fifth within an image.
        """
        if self.pool == "max" or self.encoder.is_scaled:
            return None
        self._check_width(weight)
        return weight.double() @ self.encoder.decoder.to(weight.device, torch.float64).T

    def changes(self, output: Tensor, numbers: Sequence[int]) -> Iterator["ChangedPlaces"]:
        places = self._places(output)
        original = places.clone()
        values = torch.cat([values[..., list(numbers)] for _, values in self._encoded(original)]).double()
        encoder = self._fitting(original)
        scale = encoder.scale(self._readable(original)).to(places) if encoder.is_scaled else None
        for place, number in enumerate(numbers):
            direction = encoder.decoder[number].to(places)
            written = direction if scale is None else scale * direction
            of_unit = values[..., place]
            pooled = self._pooled(of_unit[..., None])[:, 0]
            yield ChangedPlaces(places, original, of_unit.reshape(original.shape[:-1]), pooled, written)

    def told(self) -> dict[str, float]:
        if self.reconstruction is None:
            return {}
        return self.reconstruction.told(self.encoder.source, self._allow_poor) | self._decided

    def described(self, module: str, shape: tuple[int, ...]) -> str:
        gives, neurons, pooled = described_output(module, shape, self.pool, self.channels)
        of = f" ({self.tokens} alone)" if self.tokens != "all" else ""
        return f"{gives}: {len(self.encoder.decoder):,} {self.encoder.kind} of {neurons:,} neurons{pooled}{of}"

    def _places(self, output: Tensor) -> Tensor:
        """View of the places that are read, (n, …, width)."""
        check_pool(tuple(output.shape), self.pool)
        if self.tokens != "all" and output.ndim != 3:
            shape = tuple(output.shape)
            raise LinexpError(f"tokens: {self.tokens} does not fit an output of shape {shape}, no tokens; take it out")
        if output.ndim == 4:
            places = neurons_last(output, self.channels)
        elif output.ndim == 2:
            places = output[:, None]
        else:
            places = output[:, READ["first" if self.pool == "first" else self.tokens]]
        self._check_width(places)
        return places

    def _check_width(self, neurons: Tensor) -> None:
        if neurons.shape[-1] != self.encoder.width:
            widths = f"is of {self.encoder.width} neurons, and the layer has {neurons.shape[-1]}"
            raise LinexpError(f"{self.encoder.source} {widths}; give one of this layer, or another module")

    def _fitting(self, neurons: Tensor) -> Encoder:
        """The encoder where the neurons are, in float32 unless they are more precise."""
        precision = torch.float64 if neurons.dtype == torch.float64 else torch.float32
        return self.encoder.to(neurons.device, precision)

    def _readable(self, neurons: Tensor) -> Tensor:
        return neurons.to(self._fitting(neurons).decoder.dtype)

    def _encoded(self, places: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """(images, places, width) neurons and (images, places, n_units), of some images at a time."""
        encoder, flat = self._fitting(places), places.flatten(1, -2)
        for block in flat.split(self._together(math.prod(flat.shape[1:-1]))):
            neurons = self._readable(block)
            yield neurons, encoder(neurons)

    def _together(self, places: int) -> int:
        """How many images of so many places are encoded together."""
        return max(1, AT_A_TIME // max(1, places * len(self.encoder.decoder)))

    def _counted(self, neurons: Tensor, values: Tensor) -> Counted:
        return Counted.of(neurons, values, self.encoder.decode(values, neurons))

    def _pooled(self, values: Tensor) -> Tensor:
        """(n, k) from (n, places, k)."""
        return pool_neurons(values, "first" if self.pool == "none" else self.pool)


class ChangedPlaces:
    """One unit at the places of a layer's output, changed in place.

    Parameters
    ----------
    places
        View of the output, (n, …, width).
    original
        Copy of it as it was.
    values
        (n, …) float64, of the unit at each place then.
    pooled
        (n,) float64.
    written
        (width,) or (n, …, width), by which the neurons change when the unit grows by 1.
    """

    def __init__(self, places: Tensor, original: Tensor, values: Tensor, pooled: Tensor, written: Tensor):
        self.places, self.original, self.values, self.pooled, self.written = places, original, values, pooled, written

    def replace(self, values: Tensor, replace: str) -> None:
        values = values.to(self.values)
        if replace == "shift":
            values = values - self.pooled
        if values.ndim == 1:
            values = values.reshape(-1, *[1] * (self.values.ndim - 1))
        amount = values.expand_as(self.values) if replace == "shift" else values - self.values
        self.places.copy_(self.original + amount[..., None].to(self.original) * self.written)

    def restore(self) -> None:
        self.places.copy_(self.original)
