"""Neurons as units: each is read as it is, and written as it is."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from .pooling import described_output, location_maps, pool_neurons


class Neurons:
    """The neurons of a layer.

    Parameters
    ----------
    pool, channels
        As for `pool_neurons`.
    """

    names: Sequence[str] | None = None
    is_sparse = False
    is_undecided = False

    def __init__(self, pool: str = "avg", channels: str = "first"):
        self.pool, self.channels = pool, channels

    def read(self, output: Tensor) -> Tensor:
        return pool_neurons(output, self.pool, self.channels)

    def maps(self, output: Tensor) -> Tensor:
        return location_maps(output, self.channels)

    def map_blocks(self, output: Tensor) -> Iterator[tuple[slice, Tensor]]:
        yield slice(0, len(output)), self.maps(output)

    def neurons(self, output: Tensor) -> Tensor:
        return self.read(output)

    def head_weights(self, weight: Tensor) -> Tensor | None:
        return weight

    def changes(self, output: Tensor, numbers: Sequence[int]) -> Iterator["ChangedNeuron"]:
        for number in numbers:
            yield ChangedNeuron(output, number, self.pool, self.channels)

    def told(self) -> dict[str, float]:
        return {}

    def described(self, module: str, shape: tuple[int, ...]) -> str:
        gives, neurons, pooled = described_output(module, shape, self.pool, self.channels)
        return f"{gives}: {neurons:,} neurons{pooled}"


NEURONS = Neurons()
"""Where nothing is pooled, or nothing else is said."""


class ChangedNeuron:
    """One neuron in the output of a layer, changed in place.

    Attributes
    ----------
    places
        View of what the pooling reads of it, (n, …).
    original
        Copy of the places as they were.
    pooled
        (n,) float64, their pooled value then.
    """

    def __init__(self, output: Tensor, neuron: int, pool: str, channels: str):
        axis = 1 if output.ndim == 4 and channels == "first" else -1
        self.pooled = pool_neurons(output.narrow(axis, neuron, 1), pool, channels)[:, 0].to(torch.float64, copy=True)
        places = output.select(axis, neuron)
        self.places = places[:, 0] if pool == "first" else places
        self.original = self.places.clone()

    def replace(self, values: Tensor, replace: str) -> None:
        if replace == "shift":
            values = values.to(self.pooled) - self.pooled
        values = values.to(self.original)
        if values.ndim == 1:
            values = values.reshape(-1, *[1] * (self.original.ndim - 1))
        self.places.copy_(self.original + values if replace == "shift" else values)

    def restore(self) -> None:
        self.places.copy_(self.original)
