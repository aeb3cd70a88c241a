"""Features of a sparse autoencoder that the workflow trains itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .kind import Entry, UnitKind

if TYPE_CHECKING:
    from torch import Tensor

    from .autoencoder import SparseAutoencoder
    from .encoder import Encoder

KEYS = """
description: The features of a sparse autoencoder that the workflow trains itself.
required: [trained]
properties:
  trained: {description: A sparse autoencoder under trained_models., type: string, examples: [scenes_sae]}
  allow_poor_reconstruction:
    description: Record features that leave more of the layer's variance than its mean alone would.
    type: boolean
    default: false
"""


def files_of(entry: Entry) -> list[str]:
    return [f"results/models/{entry['trained']}/weights.safetensors"]


def _check(_entry: Entry) -> None:
    """Nothing: it is made."""


def encoder_of(state: Mapping[str, Tensor], source: str) -> SparseAutoencoder:
    """The encoder with the weights that `sae_training.train_sae` gives."""
    from .autoencoder import SparseAutoencoder
    from .sae_formats.format import Autoencoder

    parts = (state[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec"))
    return SparseAutoencoder(source, Autoencoder(*parts, activation="threshold", threshold=state["threshold"]))


def _open(entry: Entry) -> Encoder:
    from ...artifacts.weights import read_weights

    (path,) = files_of(entry)
    return encoder_of(read_weights(path), f"units.trained: {entry['trained']}")


KIND = UnitKind(keys=KEYS, files=files_of, check=_check, open=_open, fits_its_network=True, trained_key="trained")
