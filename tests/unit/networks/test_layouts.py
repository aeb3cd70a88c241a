"""Where the neurons of a layer are and what the log says of it; networks of half precision, and in TorchScript."""

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.outputs import record_logits
from linexp.networks.recording import record_activations
from linexp.networks.survey import survey
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.neurons import Neurons

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")


def images(n: int = 4, size: int = 32) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def recorded(network: nn.Module, module: str, pool: str = "avg", channels: str = "first", size: int = 32):
    return torch.cat(
        list(record_activations(network.eval(), module, Neurons(pool, channels), images(size=size).split(2)))
    )


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@pytest.mark.parametrize("module", ["features.0", "features.1", "features.1.0", "norm"])
def test_square_maps_tell_where_neurons_are_in_networks_that_do_not_say(module):
    torch.manual_seed(0)
    swin = torchvision.models.SwinTransformer([4, 4], 12, [1, 1], [2, 2], [4, 4]).eval()
    width = 24 if module == "norm" else 12
    with pytest.raises(
        LinexpError, match=rf"{module} gives maps of \(\d+, \d+, {width}\), neurons last; write `channels: l"
    ):
        recorded(swin, module)
    assert recorded(swin, module, channels="last").shape == (4, width)
    with pytest.raises(
        LinexpError, match=r"layer4 gives maps of \(512, 2, 2\), neurons first; take `channels: last` out"
    ):
        recorded(resnet(), "layer4", channels="last", size=64)


def test_maps_of_which_nothing_tells_are_taken_as_the_configuration_says():
    torch.manual_seed(0)
    cube = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    for channels in ("first", "last"):
        assert recorded(cube, "1", channels=channels, size=10).shape == (4, 8)


@pytest.mark.parametrize(
    ("module", "pool", "said"),
    [
        ("layer4", "avg", "layer4 gives 512 × 2 × 2 for an image: 512 neurons, avg of 2 × 2 places"),
        ("fc", "none", "fc gives 1000 for an image: 1,000 neurons"),
    ],
)
def test_the_log_says_a_layer_s_shape_and_its_number_of_neurons(module, pool, said, capsys):
    recorded(resnet(), module, pool, size=64)
    assert capsys.readouterr().err == f"recording: {said}\n"


def test_the_log_says_which_axis_of_tokens_and_maps_are_neurons(capsys):
    assert Neurons("max", "last").described("a", (7, 7, 96)).endswith("96 neurons, max of 7 × 7 places")
    assert Neurons("first").described("a", (197, 768)).endswith("768 neurons, the first of 197 tokens")


# --- precision, TorchScript


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float16, 2e-3), (torch.bfloat16, 2e-2)])
def test_a_network_of_half_precision_has_the_activations_head_and_tail_of_the_whole_one(dtype, rounding):
    torch.manual_seed(0)
    network = Small().eval().to(dtype)
    whole = copy.deepcopy(network).float()
    found, expected = recorded(network, "body"), recorded(whole, "body")
    torch.testing.assert_close(found, expected, rtol=0, atol=rounding)
    logits = torch.from_numpy(next(record_logits(network, iter([images()]))))
    torch.testing.assert_close(logits, whole(images()).detach(), rtol=0, atol=rounding)
    weight, bias = map(torch.from_numpy, linear_head(network, "body", Neurons("avg"), images()))
    torch.testing.assert_close(found @ weight.T + bias, logits, rtol=0, atol=rounding)
    tail = ReplayedTail(split_network(network, "body.0", images()), lambda rows: [images()[rows]], Neurons("avg"))
    torch.testing.assert_close(torch.from_numpy(tail.original(np.arange(4))).float(), logits, rtol=0, atol=rounding)


def test_parts_of_several_precisions_that_do_not_fit_are_one_line():
    network = Small().eval()
    network.body.half()
    with pytest.raises(
        LinexpError, match=r"^model: it fails on images of 3 × 32 × 32 \(.*\); check preprocess, and that"
    ):
        next(record_logits(network, iter([images()])))


@pytest.mark.parametrize("script", [torch.jit.script, lambda network: torch.jit.trace(network, images())])
@pytest.mark.parametrize("use", ["record", "head", "tail", "survey"])
def test_torchscript_is_refused_in_one_line(script, use):
    network = script(Small().eval())
    with pytest.raises(LinexpError) as caught:
        match use:
            case "record":
                recorded(network, "body")
            case "head":
                linear_head(network, "body", Neurons("avg"), images())
            case "tail":
                split_network(network, "body", images())
            case "survey":
                survey(network, images())
    remedy = "give the Python network that it was made from"
    said = f"model: the network is TorchScript, scripted or traced, whose layers cannot be recorded; {remedy}"
    assert str(caught.value) == said


def test_beside_a_part_in_torchscript_other_layers_can_be_recorded():
    network = Small().eval()
    expected = recorded(network, "body")
    network.head = torch.jit.script(network.head)
    torch.testing.assert_close(recorded(network, "body"), expected)
    assert [module.runs for module in survey(network, images()) if module.path in ("body", "head")] == [1, 0]
    with pytest.raises(LinexpError, match=r"^module: head is TorchScript"):
        recorded(network, "head", "none")
