"""Small networks with random weights, and how far what a GPU computes is from what the CPU does."""

import copy
import subprocess
import sys
from pathlib import Path

import timm
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck

from linexp.jobs import runtime

ROOT = Path(__file__).parents[2]
GIB = 2**30

FLOAT32 = 1e-4
"""Largest difference between a GPU and the CPU in float32, relative to the largest value."""
BFLOAT16 = 0.03
"""The same of networks whose parameters are bfloat16, which rounds each value to 8 bits."""
HALF_SIMILARITY = 5e-4
"""Largest difference of a similarity where embeddings are computed in float16."""


def images(n: int, size: int = 64) -> Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.ResNet(Bottleneck, [2, 2, 2, 2], num_classes=50).eval()


def vit() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("vit_tiny_patch16_224", img_size=64, depth=6, num_classes=50).eval()


def swin() -> nn.Module:
    torch.manual_seed(0)
    settings = {"depths": [1, 2], "num_heads": [2, 2], "window_size": [4, 4], "num_classes": 50}
    return torchvision.models.SwinTransformer(patch_size=[4, 4], embed_dim=24, **settings).eval()


LAYERS = {
    "resnet": (resnet, "layer3", "avg", "first"),
    "resnet, last": (resnet, "layer4", "avg", "first"),
    "resnet, within a block": (resnet, "layer2.1.conv2", "max", "first"),
    "vit": (vit, "blocks.3", "first", "first"),
    "vit, mlp": (vit, "blocks.4.mlp.act", "avg", "first"),
    "swin": (swin, "features.1", "avg", "last"),
}
"""Networks with a module of each, its pooling and where its channels are."""


def on_gpu(network: nn.Module) -> nn.Module:
    """A copy of a network on the GPU, as jobs put it there."""
    moved = runtime.on_device(copy.deepcopy(network))
    assert next(moved.parameters()).is_cuda
    return moved


def difference(found, expected) -> float:
    """The largest difference, relative to the largest value; printed, for `pytest -rP`."""
    found, expected = torch.as_tensor(found).double(), torch.as_tensor(expected).double()
    assert found.shape == expected.shape and found.isfinite().all()
    relative = float((found - expected).abs().max() / expected.abs().max())
    print(f"{torch.cuda.get_device_name()}: largest difference {relative:.1e} of the largest value")
    return relative


def start_python(code: str) -> subprocess.Popen:
    """A process with the library and these helpers; it is told to go on, or to end, by lines on its standard input."""
    path = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{code}"], text=True, **pipes)
