"""A sparse autoencoder as an encoder."""

import torch
from torch import Tensor

from .encoder import Encoder
from .sae_formats.format import Autoencoder

EPSILON = 1e-5
"""Added to the standard deviation that neurons are divided by, as SAELens and ViT-Prisma do."""


class SparseAutoencoder(Encoder):
    """f = activation(W_encᵀ·(x' [− b_dec]) + b_enc) of normalised neurons x', which write scale·W_dec.

    Parameters
    ----------
    sae
        What its file says.
    """

    is_sparse = True

    def __init__(self, source: str, sae: Autoencoder):
        super().__init__(source, sae.decoder, "features")
        self.activation, self.k, self.normalise = sae.activation, sae.k, sae.normalise
        self.is_scaled = sae.normalise != "none"
        self.subtract_bias = sae.subtract_bias if sae.decoder_bias.any() else False
        parts = {
            "weight": sae.encoder,
            "bias": sae.encoder_bias,
            "decoder_bias": sae.decoder_bias,
            "threshold": torch.as_tensor(0.0 if sae.threshold is None else sae.threshold, dtype=torch.float64),
        }
        parts |= dict(zip(("magnitude_scale", "magnitude_bias"), sae.magnitude or (), strict=bool(sae.magnitude)))
        for name, tensor in parts.items():
            self.register_buffer(name, tensor)

    def forward(self, neurons: Tensor) -> Tensor:
        if self.subtract_bias is None:
            raise ValueError("whether b_dec is subtracted is not decided")
        given = (neurons - self._mean(neurons)) / self._divisor(neurons) if self.is_scaled else neurons
        weighted = (given - self.decoder_bias if self.subtract_bias else given) @ self.weight
        before = weighted + self.bias
        match self.activation:
            case "relu":
                return before.relu()
            case "tanh_relu":
                return before.relu().tanh()
            case "threshold":
                return before.relu() * (before > self.threshold)
            case "gated":
                return (before > 0) * (weighted * self.magnitude_scale + self.magnitude_bias).relu()
            case "top_k" | "signed_top_k":
                values, places = before.topk(self.k, dim=-1)
                values = values if self.activation == "signed_top_k" else values.relu()
                return torch.zeros_like(before).scatter_(-1, places, values)
        raise ValueError(self.activation)

    def scale(self, neurons: Tensor) -> Tensor:
        """(…, 1) standard deviation, or length over √width."""
        if self.normalise == "layer_norm":
            return neurons.std(dim=-1, keepdim=True)
        return neurons.norm(dim=-1, keepdim=True) / self.width**0.5

    def _divisor(self, neurons: Tensor) -> Tensor:
        """What neurons are divided by, which differs from what features are multiplied by as the libraries have it."""
        if self.normalise == "layer_norm":
            return self.scale(neurons) + EPSILON
        return self.scale(neurons).clamp_min(torch.finfo(neurons.dtype).tiny)  # places of zeros stay so

    def _mean(self, neurons: Tensor) -> Tensor | float:
        return neurons.mean(dim=-1, keepdim=True) if self.normalise == "layer_norm" else 0.0

    def decode(self, features: Tensor, neurons: Tensor) -> Tensor:
        """(…, width), what the features make of the neurons that they were read off."""
        decoded = features @ self.decoder + self.decoder_bias
        return decoded * self.scale(neurons) + self._mean(neurons) if self.is_scaled else decoded
