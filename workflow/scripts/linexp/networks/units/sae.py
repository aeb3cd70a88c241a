"""Features of a sparse autoencoder, as a library saved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kind import Entry, UnitKind
from .sae_formats import FORMATS
from .sae_formats.files import files_of

if TYPE_CHECKING:
    from .encoder import Encoder

KEYS = f"""
description: The features of a sparse autoencoder. What its file says is not needed here; what is given here counts.
required: [sae]
properties:
  sae:
    description: >-
      File of a sparse autoencoder, as a library under `format` saved it, or .safetensors or .npz with W_enc, b_enc,
      W_dec and b_dec.
    type: string
    examples: [sae.pt, sae_weights.safetensors]
  format:
    description: The library that saved it; auto goes by its content and the JSON beside it.
    enum: [auto, {", ".join(FORMATS)}]
    default: auto
  activation:
    description: >-
      Which features are active: those above 0 (relu), the k highest of a place (top_k, or signed_top_k with values
      below 0), or those above a threshold.
    enum: [relu, top_k, signed_top_k, threshold]
    examples: [top_k]
  k: {{description: How many features of a place are active with top_k., $ref: "#/$defs/positive", examples: [32]}}
  threshold:
    description: What active features are above, with threshold.
    type: number
    minimum: 0
    examples: [0.3]
  subtract_bias:
    description: Whether b_dec is subtracted before encoding; where nothing says it, both are tried on train images.
    type: boolean
    examples: [true]
  normalise:
    description: >-
      What is done before to the neurons of each place: divided by their standard deviation around their mean
      (layer_norm), or scaled to the length √width (unit_norm).
    enum: [none, layer_norm, unit_norm]
    examples: [layer_norm]
  allow_poor_reconstruction:
    description: Record features that leave more of the layer's variance than its mean alone would.
    type: boolean
    default: false
"""


def _check(_entry: Entry) -> None:
    """Nothing: whether it fits the layer is told by the first images, as it may be large."""


def _open(entry: Entry) -> Encoder:
    from .autoencoder import SparseAutoencoder
    from .sae_formats.reading import read_sae

    return SparseAutoencoder(f"units.sae: {entry['sae']}", read_sae(entry))


KIND = UnitKind(keys=KEYS, files=files_of, check=_check, open=_open, open_key="subtract_bias", fits_its_network=True)
