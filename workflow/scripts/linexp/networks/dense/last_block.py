"""The last block of a ViT CLIP, which ways without its attention compute otherwise."""

from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn
from torch.nn.functional import linear

KIND = "for CLIP models with a vision transformer of open_clip's own"


def serves(visual: nn.Module) -> bool:
    """Whether an image encoder is a vision transformer with open_clip's blocks and no pooling by attention."""
    if not isinstance(visual, VisionTransformer) or visual.attn_pool is not None:
        return False
    return isinstance(visual.transformer.resblocks[-1], ResidualAttentionBlock)


def last_block(visual: nn.Module, images: Tensor) -> tuple[nn.Module, Tensor]:
    """The last block and the (n, 1 + places, width) tokens that come to it, the class token first."""
    block, seen = visual.transformer.resblocks[-1], []
    with block.register_forward_pre_hook(lambda _block, inputs: seen.append(inputs[0])):
        visual(images)
    return block, seen[0]


def projected(attention: nn.MultiheadAttention, tokens: Tensor, which: int) -> Tensor:
    """Queries (0), keys (1) or values (2) of tokens, heads side by side, (n, tokens, width)."""
    weight = attention.in_proj_weight.chunk(3)[which]
    bias = None if attention.in_proj_bias is None else attention.in_proj_bias.chunk(3)[which]
    return linear(tokens, weight, bias)


def embedded(visual: nn.Module, tokens: Tensor) -> Tensor:
    """(n, places, width) tokens behind the last block to (n, dim, rows, columns), by the final norm and projection."""
    embeddings = visual.ln_post(tokens)
    if visual.proj is not None:
        embeddings = embeddings @ visual.proj
    return embeddings.mT.unflatten(2, visual.grid_size)
