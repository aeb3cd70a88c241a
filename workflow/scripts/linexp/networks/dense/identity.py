"""ViT CLIP with an identity in place of the last attention: each token gets its own value (Zhou et al., 2022)."""

from torch import Tensor, nn

from .last_block import KIND, embedded, last_block, projected, serves
from .way import DenseWay


def _maps(visual: nn.Module, images: Tensor) -> Tensor:
    """(n, dim, rows, columns); the block keeps its residual connections and its MLP."""
    block, tokens = last_block(visual, images)
    attention = block.attn
    tokens = tokens + block.ls_1(attention.out_proj(projected(attention, block.ln_1(tokens), 2)))
    tokens = tokens + block.ls_2(block.mlp(block.ln_2(tokens)))
    return embedded(visual, tokens[:, 1:])


WAY = DenseWay("identity", KIND, serves, _maps)
