"""ViT CLIP whose last attention compares keys with keys, near places more (Hajimiri et al., 2025).

Places take each other's values by softmax(k·kᵀ/√d + Gaussian of their distance). What comes out is embedded as it is,
without the block's residual connections and MLP.
"""

from math import sqrt

import torch
from torch import Tensor, nn

from .last_block import KIND, embedded, last_block, projected, serves
from .way import DenseWay

SIGMA = 5.0
"""Standard deviation of the Gaussian, in patches, as published."""


def nearness(rows: int, columns: int) -> Tensor:
    """exp(−distance²/2σ²) between all places of a grid, (places, places) float32."""
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    return torch.exp(-torch.cdist(places, places).square() / (2 * SIGMA**2))


def _maps(visual: nn.Module, images: Tensor) -> Tensor:
    """(n, dim, rows, columns); the class token takes no part."""
    block, tokens = last_block(visual, images)
    attention, normed = block.attn, block.ln_1(tokens[:, 1:])
    heads = (attention.num_heads, attention.head_dim)
    keys, values = (projected(attention, normed, which).unflatten(2, heads).transpose(1, 2) for which in (1, 2))
    near = nearness(*visual.grid_size).to(keys)
    weights = (keys @ keys.mT / sqrt(attention.head_dim) + near).softmax(dim=-1)
    mixed = (weights @ values).transpose(1, 2).flatten(2)
    return embedded(visual, block.ls_1(attention.out_proj(mixed)))


WAY = DenseWay("key_key", KIND, serves, _maps)
