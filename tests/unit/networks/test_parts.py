"""Outputs that are tuples, mappings and objects: which tensor of them is meant, and what changes with it."""

from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.outputs import logits_of
from linexp.networks.parts import layer_output, logits_in, part_of, tensors_in, with_part
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.targets import build_network
from linexp.networks.units.neurons import Neurons

A, B, NEW = torch.zeros(2, 3), torch.ones(2, 4), torch.full((2, 4), 7.0)
Pair = namedtuple("Pair", ["one", "two"])


class Thing:
    def __init__(self):
        self.one, self.two, self.name = A, B, "thing"


@pytest.mark.parametrize(
    ("output", "key", "other"),
    [
        ((A, B), 1, 0),
        ([A, "text", B], 2, 0),
        (Pair(A, B), 1, 0),
        ({"one": A, "two": B}, "two", "one"),
        ({"one": A, "two": B}, 1, 0),
        (ImageClassifierOutput(loss=A, logits=B), "logits", "loss"),
        (ImageClassifierOutput(loss=A, logits=B), 1, 0),
        (Thing(), "two", "one"),
    ],
)
def test_a_part_is_taken_and_exchanged_by_name_or_number(output, key, other):
    assert part_of(output, key) is B and part_of(output, other) is A
    changed = with_part(output, key, NEW)
    assert type(changed) is type(output)
    assert part_of(changed, key) is NEW and part_of(changed, other) is A
    assert part_of(output, key) is B, "what was given stays as it was"
    assert B in [part for part in tensors_in(output).values() if part.shape == B.shape]


def test_an_object_of_transformers_has_the_new_part_as_attribute_too():
    assert with_part(ImageClassifierOutput(loss=A, logits=B), "logits", NEW).logits is NEW


@pytest.mark.parametrize(
    ("output", "key", "message"),
    [
        (
            (A, B),
            None,
            r"module: m returns a tuple with 0 \(2 × 3\), 1 \(2 × 4\); write `output: 0` or another of them",
        ),
        ((A, B), 2, r"module: m returns a tuple with .*, which has no part 2; write `output: 0` or another"),
        (
            {"one": A},
            "two",
            r"module: m returns a dict with one \(2 × 3\), which has no part 'two'; write `output: one`",
        ),
        (A, 0, r"module: m returns a Tensor without tensors, which has no part 0; take one inside or around it"),
        (("text",), None, r"module: m returns a tuple without tensors; take one inside or around it"),
    ],
)
def test_a_part_that_is_not_there_is_told_with_those_that_are(output, key, message):
    with pytest.raises(LinexpError, match=f"^{message}"):
        layer_output("m", output, key)


def test_logits_go_by_their_usual_names_or_by_the_one_that_is_given():
    assert logits_in({"aux": A, "out": B}, None) is B
    assert logits_in(ImageClassifierOutput(logits=B), None) is B
    assert logits_in({"aux": A, "out": B}, "aux") is A and logits_in((A, B), 1) is B
    assert logits_in(A, None) is A
    assert logits_in((A, B), None) == (A, B), "nothing is guessed"
    with pytest.raises(LinexpError, match=r"model.output: the network returns a tuple with 0 .*, which has no part 5;"):
        logits_in((A, B), 5)


class Split(nn.Module):
    """Halves of its maps, of which the second goes on otherwise."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, images):
        maps = self.conv(images)
        return {"left": maps[:, :4], "right": maps[:, 4:]}


class Halves(nn.Module):
    """Logits of the mean of one half, or of more."""

    def __init__(self, linear: bool):
        super().__init__()
        self.split, self.linear, self.fc = Split(), linear, nn.Linear(4, 5)

    def forward(self, images):
        halves = self.split(images)
        pooled = halves["left"].mean((2, 3))
        return self.fc(pooled if self.linear else pooled.tanh() + halves["right"].amax((2, 3)))


def images(n: int = 5) -> torch.Tensor:
    return torch.randn(n, 3, 8, 8, generator=torch.Generator().manual_seed(1))


FACTORY = """
from torch import nn


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 5)

    def forward(self, images):
        return images, {"scores": self.fc(images.mean((2, 3)))}["scores"]


def scripted():
    import torch

    return torch.jit.script(nn.Sequential(nn.Flatten(), nn.Linear(192, 5)))
"""


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_a_network_returns_the_part_that_its_entry_names(tmp_path, monkeypatch):
    (tmp_path / "network_of_two.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(tmp_path)
    settings = {"source": "factory", "call": "network_of_two:Two", "checkpoint": "none"}
    with pytest.raises(
        LinexpError, match=r"type tuple; say which part are .* with `output: 1` in model, or say `classes"
    ):
        logits_of(build_network(settings), images())
    built = build_network(settings | {"output": 1}).eval()
    with torch.no_grad():
        np.testing.assert_array_equal(logits_of(built, images()), built.fc(images().mean((2, 3))))
    assert [name for name, _ in built.named_modules()] == ["", "fc"], "paths of modules stay as they are"
    with pytest.raises(LinexpError, match="what network_of_two:scripted returns is TorchScript, scripted or traced"):
        build_network(settings | {"call": "network_of_two:scripted"})


@pytest.mark.parametrize("part", ["left", 0])
def test_a_layer_that_is_a_part_is_recorded_and_its_linear_head_found(part):
    torch.manual_seed(0)
    halves = Halves(True).eval()
    (recorded,) = record_activations(halves, "split", Neurons("avg"), [images()], part=part)
    with torch.no_grad():
        np.testing.assert_allclose(recorded, halves.split(images())["left"].mean((2, 3)), atol=1e-6)
    weight, _ = linear_head(halves, "split", Neurons("avg"), images(), part)
    np.testing.assert_array_equal(weight, halves.fc.weight.detach())
    assert linear_head(halves, "split", Neurons("avg"), images(), "right") is None


def test_a_neuron_of_a_part_is_replayed_as_a_pass_of_the_whole_network_with_a_hook():
    torch.manual_seed(0)
    halves = Halves(False).eval()
    tail = ReplayedTail(
        split_network(halves, "split", images(), "right"), lambda rows: [images()[rows]], Neurons("max")
    )
    rows, values = np.arange(5), np.linspace(-1, 1, 5)[None]
    found = {(j, m): logits for j, m, _, logits in tail.passes(rows, [2], [values])}

    def hook(_module, _inputs, output):
        right = output["right"].clone()
        shift = torch.tensor(values[0]).float() - right[:, 2].amax((1, 2))
        right[:, 2] += shift[:, None, None]
        return {**output, "right": right}

    with halves.split.register_forward_hook(hook), torch.no_grad():
        expected = halves(images()).numpy()
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-5)
    with torch.no_grad():
        assert np.abs(found[0, 0] - halves(images()).numpy()).max() > 0.01
