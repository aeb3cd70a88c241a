"""How well a sparse autoencoder fits a layer: told by what it makes of the layer's neurons."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import LinexpError

POOR = 0.5
WRONG = 1.0
"""Shares of the variance left above which there is a warning, and a refusal: the mean of the neurons alone leaves 1."""


@dataclass(frozen=True)
class Counted:
    """Sums over places, in float64.

    Attributes
    ----------
    places
        How many.
    neurons, squares
        (width,) sum of the neurons, and of their squares altogether.
    left
        Sum of the squares of what is not reconstructed.
    active
        How many features are not 0.
    """

    places: int
    neurons: Tensor
    squares: Tensor
    left: Tensor
    active: Tensor

    @classmethod
    def of(cls, neurons: Tensor, features: Tensor, decoded: Tensor) -> "Counted":
        """Those of (n, places, width) neurons, their (n, places, n_features) features and what these make of them."""
        flat, left = neurons.flatten(0, -2).double(), (neurons - decoded).double()
        return cls(len(flat), flat.sum(0), flat.square().sum(), left.square().sum(), features.count_nonzero())

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


class Reconstruction:
    """What is left of the variance of a layer's neurons, over all places of all images."""

    def __init__(self):
        self._sums = Counted(0, *torch.zeros(4, dtype=torch.float64))

    def add(self, counted: Iterable[Counted]) -> None:
        for new in counted:
            self._sums = self._sums + new

    @property
    def share_left(self) -> float:
        """Σ‖x − x̂‖² / Σ‖x − mean‖²."""
        sums = self._sums
        variance = sums.squares - sums.neurons.square().sum() / sums.places
        return float(sums.left / variance) if variance > 0 else torch.inf

    @property
    def mean_active(self) -> float:
        """Features of a place that are not 0."""
        sums = self._sums
        return float(sums.active) / sums.places

    def told(self, source: str, allow_poor: bool) -> dict[str, float]:
        """`variance_left` and `mean_active`, which are printed too.

        Raises
        ------
        LinexpError
            More is left than the mean of the neurons alone leaves, unless that is allowed.
        """
        found = {"variance_left": self.share_left, "mean_active": self.mean_active}
        share = f"{found['variance_left']:.3g}"
        if found["variance_left"] > WRONG and not allow_poor:
            reasons = "it is of another layer, or encodes otherwise (activation, subtract_bias, normalise)"
            remedy = "correct it, or set allow_poor_reconstruction: true"
            raise LinexpError(f"{source} leaves {share} times the variance of the layer, so {reasons}; {remedy}")
        active = f"{found['mean_active']:.3g} features of a place are active"
        warning = "; warning: that is much, is it of this layer?" if found["variance_left"] > POOR else ""
        print(
            f"reconstruction: {source} leaves {share} of the variance of the layer, {active}{warning}", file=sys.stderr
        )
        return found
