"""Models that pool tokens by attention (SigLIP, PE-Core): the pooling head on each token alone.

Over one token the softmax of the attention is 1, so that a place gets the head's values and MLP, as an image does.
"""

from timm.layers import AttentionPoolLatent
from torch import Tensor, nn

from .way import DenseWay


def _serves(visual: nn.Module) -> bool:
    trunk = getattr(visual, "trunk", None)
    pool = getattr(trunk, "attn_pool", None)
    has_grid = hasattr(getattr(trunk, "patch_embed", None), "grid_size")
    return isinstance(pool, AttentionPoolLatent) and pool.pos_embed is None and has_grid


def _maps(visual: nn.Module, images: Tensor) -> Tensor:
    """(n, dim, rows, columns) embeddings of the tokens that are places; a class token is none."""
    trunk = visual.trunk
    tokens = trunk.forward_features(images)[:, trunk.num_prefix_tokens :]
    pooled = trunk.attn_pool(tokens.flatten(0, 1).unsqueeze(1))
    embeddings = visual.head(trunk.head(trunk.head_drop(trunk.fc_norm(pooled))))
    return embeddings.unflatten(0, tokens.shape[:2]).mT.unflatten(2, trunk.patch_embed.grid_size)


WAY = DenseWay("attention_pool", "for models that pool by attention, such as SigLIP", _serves, _maps)
