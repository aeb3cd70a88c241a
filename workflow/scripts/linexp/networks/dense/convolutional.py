"""Convolutional networks that pool by a mean (ConvNeXt): their heads on the mean of each cell instead of all places."""

from timm.layers import SelectAdaptivePool2d
from torch import Tensor, nn

from .way import DenseWay


def _serves(visual: nn.Module) -> bool:
    trunk = getattr(visual, "trunk", None)
    if trunk is None:
        return False
    pools = [module for module in trunk.modules() if isinstance(module, SelectAdaptivePool2d)]
    channels_first = [isinstance(pool.pool, nn.AdaptiveAvgPool2d) for pool in pools]
    return channels_first == [True]


def _maps(visual: nn.Module, images: Tensor) -> Tensor:
    return visual.trunk.forward_features(images)


def _head(visual: nn.Module, cells: Tensor) -> Tensor:
    return visual.head(visual.trunk.forward_head(cells[:, :, None, None]))


KIND = "for convolutional networks that pool by a mean, such as ConvNeXt"
WAY = DenseWay("convolutional", KIND, _serves, _maps, _head)
