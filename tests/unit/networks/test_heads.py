"""A linear head is found where the logits are a linear map of the pooled layer, and nowhere else."""

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn

from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.pooling import pool_neurons
from linexp.probes.batches import ImageRows


def images(n: int = 8) -> torch.Tensor:
    return torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def small(*behind: nn.Module, pool: nn.Module | None = None) -> nn.Module:
    """Module 1 is a ReLU; what is between the pooling and the linear map can be given."""
    torch.manual_seed(0)
    pool = pool or nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), pool, nn.Flatten(), *behind, nn.Linear(6, 9)).eval()


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None, num_classes=9).eval()


def vit(random_head: bool = True) -> nn.Module:
    torch.manual_seed(0)
    network = torchvision.models.VisionTransformer(
        image_size=32, patch_size=16, num_layers=1, num_heads=2, hidden_dim=24, mlp_dim=32, num_classes=9
    )
    if random_head:
        nn.init.normal_(network.heads.head.weight)
    return network.eval()


def swin() -> nn.Module:
    torch.manual_seed(0)
    settings = {"depths": [1, 1], "num_heads": [2, 2], "window_size": [4, 4], "num_classes": 9}
    return torchvision.models.SwinTransformer(patch_size=[4, 4], embed_dim=12, **settings).eval()


def classifier() -> nn.Module:
    """Of several layers, as in VGG."""
    return small(nn.Linear(6, 6), nn.ReLU(inplace=True), nn.Dropout())


def with_no_bias() -> nn.Module:
    network = small()
    network[-1] = nn.Linear(6, 9, bias=False)
    return network


LINEAR = {
    "relu": (small, "1", "avg", "first", "4"),
    "dropout": (lambda: small(nn.Dropout(0.5)), "1", "avg", "first", "5"),
    "largest place": (lambda: small(pool=nn.AdaptiveMaxPool2d(1)), "1", "max", "first", "4"),
    "scalars": (lambda: small(nn.ReLU()), "4", "none", "first", "5"),
    "in double precision": (lambda: small().double(), "1", "avg", "first", "4"),
    "resnet": (resnet, "layer4", "avg", "first", "fc"),
    "resnet, last ReLU's input": (resnet, "avgpool", "avg", "first", "fc"),
    "vit, class token": (vit, "encoder.ln", "first", "first", "heads.head"),
    "swin": (swin, "norm", "avg", "last", "head"),
    "hidden layer": (classifier, "5", "none", "first", "7"),
}
OTHER = {
    "pooled otherwise": (small, "1", "max", "first"),
    "pooled otherwise than by the largest": (lambda: small(pool=nn.AdaptiveMaxPool2d(1)), "1", "avg", "first"),
    "a ReLU behind": (small, "0", "avg", "first"),
    "a ReLU that does nothing on images": (lambda: small(nn.ReLU()), "1", "avg", "first"),
    "a limit that no image reaches": (lambda: small(nn.Hardtanh(-50, 50)), "1", "avg", "first"),
    "a normalisation": (lambda: small(nn.LayerNorm(6)), "1", "avg", "first"),
    "a scale": (lambda: small(nn.BatchNorm1d(6)).apply(shaken), "1", "avg", "first"),
    "a hidden layer": (lambda: small(nn.Linear(6, 6)), "1", "avg", "first"),
    "logits that are changed": (lambda: nn.Sequential(small(), nn.ReLU(inplace=True)).eval(), "0.1", "avg", "first"),
    "the logits themselves": (small, "4", "none", "first"),
    "resnet, earlier": (resnet, "layer3", "avg", "first"),
    "resnet, beside a skip connection": (resnet, "layer4.1.bn2", "avg", "first"),
    "vit, before its normalisation": (vit, "encoder.layers.encoder_layer_0", "first", "first"),
    "vit, with a head of zeros": (lambda: vit(False), "encoder.layers.encoder_layer_0", "first", "first"),
    "swin, before its normalisation": (swin, "features.3", "avg", "last"),
    "a hidden layer before its ReLU": (classifier, "4", "none", "first"),
}


def shaken(module: nn.Module) -> None:
    if isinstance(module, nn.BatchNorm1d):
        module.running_var.fill_(3.0)


@pytest.mark.parametrize("case", LINEAR)
def test_a_linear_head_is_found_and_changes_the_logits_as_a_hook_does(case):
    build, module, pool, channels, name = LINEAR[case]
    network = build()
    batch = images()
    head = linear_head(network, module, Neurons(pool, channels), batch)
    assert head is not None
    weight, bias = head
    linear = network.get_submodule(name)
    assert weight.dtype == bias.dtype == np.float32
    np.testing.assert_array_equal(weight, linear.weight.detach().float())
    np.testing.assert_array_equal(bias, linear.bias.detach().float())
    assert not any(each._forward_hooks for each in network.modules())

    pooled: list[np.ndarray] = []

    def halve_and_negate(_module, _inputs, output):
        output = -output / 2
        pooled.append(pool_neurons(output, pool, channels).clone().numpy())
        return output

    with network.get_submodule(module).register_forward_hook(halve_and_negate), torch.no_grad():
        logits = network(batch.to(linear.weight)).numpy()
    np.testing.assert_allclose(pooled[0] @ weight.T + bias, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", OTHER)
def test_what_is_not_linear_is_noticed(case):
    build, module, pool, channels = OTHER[case]
    assert linear_head(build(), module, Neurons(pool, channels), images()) is None


def test_a_head_without_bias_has_a_bias_of_zeros():
    weight, bias = linear_head(with_no_bias(), "1", Neurons("avg"), images())
    assert weight.shape == (9, 6)
    np.testing.assert_array_equal(bias, np.zeros(9, np.float32))


def test_a_linear_map_that_overrides_what_it_computes_is_no_linear_head():
    class Cosine(nn.Linear):
        def forward(self, x):
            return nn.functional.normalize(x) @ self.weight.T

    network = small()
    network[-1] = Cosine(6, 9)
    assert linear_head(network, "1", Neurons("avg"), images()) is None


def test_timm_s_networks_have_a_linear_head_behind_their_last_stage():
    torch.manual_seed(0)
    network = timm.create_model("test_resnet", pretrained=False).eval()
    batch = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    weight, _ = linear_head(network, "layer4", Neurons("avg"), batch)
    np.testing.assert_array_equal(weight, network.get_classifier().weight.detach())


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.unused, self.twice = (nn.Linear(3, 3) for _ in range(3))

    def forward(self, x):
        return self.twice(self.twice(self.used(x.mean((2, 3)))))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("sued", "module: sued is not in the network; did you mean used?"),
        ("unused", "module: unused takes no part in the network's forward pass, or only by"),
        ("twice", "module: twice is used 2 times in a forward pass"),
    ],
)
def test_a_layer_that_cannot_be_watched_is_told(module, message):
    with pytest.raises(LinexpError, match=message.replace("?", r"\?")):
        linear_head(Odd().eval(), module, Neurons("none"), images())


def test_a_pooling_that_does_not_fit_is_told():
    with pytest.raises(LinexpError, match=r"pool: first does not fit an output of shape \(8, 6, 30, 30\)"):
        linear_head(small(), "1", Neurons("first"), images())


def test_rows_of_images_are_in_the_order_asked_for():
    rows = ImageRows([10, 11, 12, 13], np.array([3, 0, 3]))
    assert (len(rows), [rows[position] for position in range(3)]) == (3, [13, 10, 13])
