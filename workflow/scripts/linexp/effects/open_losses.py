"""A layer opened for what its neurons do to the output: outputs, activations, and the head or the tail behind them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import layer
from .layer import Outputs
from .losses import Loss
from .tail_losses import LinearTailLosses, ReplayedTailLosses, TailLosses


@dataclass(frozen=True)
class OpenLayer:
    """What the effects of a layer's neurons are computed from.

    Attributes
    ----------
    path
        Of the outputs.
    outputs
        Of the network.
    activations
        (n_images, n_neurons) of the whole layer: an array, or a `recorded.Matrix`, of which neurons are read as they
        are asked for; at places `recorded.Maps`.
    weight
        (n_classes, n_neurons) of a linear head.
    tail
        a `tails.ReplayedTail` where there is none.
    """

    path: str | Path
    outputs: Outputs
    activations: np.ndarray
    weight: NDArray[np.float32] | None
    tail: Any

    @property
    def is_linear(self) -> bool:
        """Whether a linear head is all that follows the layer."""
        return self.weight is not None

    def losses(self, ablation: Mapping[str, Any], rows: np.ndarray) -> tuple[np.ndarray, TailLosses]:
        """Those of the rows that a loss can be had of, and their losses under changes of the layer's neurons.

        Parameters
        ----------
        ablation
            a target's settings: `loss`, and for a replayed tail `tolerance` and `most_nodes` of curves.
        """
        rows = self.outputs.scorable(ablation["loss"], rows)
        loss, activations = self.outputs.loss(ablation["loss"], rows), self.activations[rows]
        if self.weight is not None:
            return rows, LinearTailLosses(self.outputs.logits[rows], self.weight, activations, loss)
        nodes = ablation["tolerance"], ablation["most_nodes"]
        losses = ReplayedTailLosses(self.tail, rows, activations, loss, *nodes)
        layer.check_logits(self.path, self.outputs.logits[rows], losses.logits)
        return rows, losses

    def loss(self, kind: str, rows: np.ndarray) -> tuple[np.ndarray, Loss]:
        """Those of the rows that a loss of this kind can be had of, and the loss."""
        rows = self.outputs.scorable(kind, rows)
        return rows, self.outputs.loss(kind, rows)


def open_layer(
    outputs: str | Path, head: str | Path | None, activations: np.ndarray, open_tail: Callable[[], Any] | None
) -> OpenLayer:
    """Open a layer.

    Parameters
    ----------
    outputs, head
        The artifacts; without a head the tail is replayed, as at places.
    activations
        As of `OpenLayer`.
    open_tail
        Gives the tail where the head is not linear, which is not opened elsewhere; None to do without.

    Raises
    ------
    LinexpError
        What was recorded is not of one model.
    """
    found = layer.read_outputs(outputs)
    weight = layer.read_head(head, found, activations) if head else None
    tail = open_tail() if weight is None and open_tail else None
    return OpenLayer(outputs, found, activations, weight, tail)
