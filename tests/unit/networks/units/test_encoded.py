"""Directions and features as units: what is read and written, against loops over places and passes with a hook."""

from functools import cache

import numpy as np
import pytest
import torch
import torchvision
from scipy.special import log_softmax
from torch import nn
from torchvision.models.resnet import BasicBlock

from helpers.hooked_units import hooked, literal_change, literal_read, output_of
from linexp.effects.impact import without_linear, without_replayed
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import LinearTailLosses, ReplayedTailLosses
from linexp.errors import LinexpError
from linexp.networks.heads import linear_head
from linexp.networks.recording import dead, record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.autoencoder import SparseAutoencoder
from linexp.networks.units.encoded import EncodedUnits
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.projection import Projection
from linexp.networks.units.sae_formats.format import Autoencoder

N = 5
LABELS = np.array([3, 0, 8, 1, 3])


def images() -> torch.Tensor:
    return torch.randn(N, 3, 32, 32, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def resnet() -> nn.Module:
    return torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9)


def vit() -> nn.Module:
    network = torchvision.models.VisionTransformer(
        image_size=32, patch_size=16, num_layers=2, num_heads=2, hidden_dim=24, mlp_dim=32, num_classes=9
    )
    nn.init.normal_(network.heads.head.weight)  # torchvision's own is zero before training
    return network


def swin() -> nn.Module:
    settings = {"depths": [1, 1], "num_heads": [2, 2], "window_size": [4, 4], "num_classes": 9}
    return torchvision.models.SwinTransformer(patch_size=[4, 4], embed_dim=12, **settings)


BLOCK = "encoder.layers.encoder_layer_0"
LAYERS = {
    "maps": (resnet, "layer2.0.conv1", {"pool": "avg"}, 128),
    "maps, neurons last": (swin, "features.1.0", {"pool": "avg", "channels": "last"}, 12),
    "tokens": (vit, BLOCK, {"pool": "avg"}, 24),
    "patches": (vit, BLOCK, {"pool": "avg", "tokens": "patches"}, 24),
    "class token": (vit, BLOCK, {"pool": "first"}, 24),
    "class token, averaged": (vit, BLOCK, {"pool": "avg", "tokens": "first"}, 24),
    "scalars": (vit, "heads.head", {"pool": "none"}, 9),
    "largest of maps": (resnet, "layer2.0.conv1", {"pool": "max"}, 128),
    "largest of tokens": (vit, BLOCK, {"pool": "max", "tokens": "patches"}, 24),
}
HEADS = {
    "maps": (resnet, "layer4", {"pool": "avg"}, 512),
    "maps, neurons last": (swin, "norm", {"pool": "avg", "channels": "last"}, 24),
    "class token": (vit, "encoder.ln", {"pool": "first"}, 24),
    "class token, averaged": (vit, "encoder.ln", {"pool": "avg", "tokens": "first"}, 24),
}


@cache
def network(build) -> nn.Module:
    torch.manual_seed(0)
    return build().double().eval()


def directions(width: int, n: int = 6) -> torch.Tensor:
    found = torch.randn(n, width, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return found / found.norm(dim=1, keepdim=True)


def literal(width: int):
    """What each direction reads at a place, and what it writes there."""
    rows = directions(width).numpy()
    return (lambda x: rows @ x), (lambda _x, unit: rows[unit])


def units_of(width: int, pooling: dict) -> EncodedUnits:
    return EncodedUnits(Projection("units.directions: a.npy", directions(width)), **pooling)


@pytest.mark.parametrize("name", LAYERS)
def test_a_direction_is_read_at_each_place_and_pooled_after(name):
    build, module, pooling, width = LAYERS[name]
    recorded = record_activations(network(build), module, units_of(width, pooling), images().split(2))
    expected = literal_read(output_of(network(build), module, images()), literal(width)[0], **pooling)
    np.testing.assert_allclose(torch.cat(list(recorded)), expected, rtol=0, atol=1e-5)


def test_images_in_blocks_are_read_as_all_at_once(monkeypatch):
    output = torch.randn(7, 24, 3, 3, dtype=torch.float64)
    at_once = units_of(24, {"pool": "avg"}).read(output)
    monkeypatch.setattr("linexp.networks.units.encoded.AT_A_TIME", 2 * 9 * 6)
    torch.testing.assert_close(units_of(24, {"pool": "avg"}).read(output), at_once, rtol=0, atol=1e-14)


def test_maps_in_blocks_are_those_of_all_images(monkeypatch):
    output = torch.randn(7, 24, 3, 4, dtype=torch.float64)
    units, whole = units_of(24, {"pool": "avg"}), units_of(24, {"pool": "avg"}).maps(output)
    for values in (1, 2 * 12 * 6, 10**9):
        monkeypatch.setattr("linexp.networks.units.encoded.AT_A_TIME", values)
        blocks = list(units.map_blocks(output))
        assert max(len(maps) for _, maps in blocks) == {1: 1, 144: 2, 10**9: 7}[values]
        torch.testing.assert_close(torch.cat([maps for _, maps in blocks]), whole, rtol=0, atol=1e-6)
        for some, maps in blocks:
            torch.testing.assert_close(maps, whole[some], rtol=0, atol=1e-6)
    ((some, maps),) = Neurons("avg").map_blocks(output)
    assert torch.equal(maps, output[some].float())


@cache
def tail_of(name: str, replace: str):
    build, module, pooling, width = LAYERS[name]
    split = split_network(network(build), module, images())
    return ReplayedTail(split, lambda rows: images()[torch.as_tensor(rows)].split(3), units_of(width, pooling), replace)


@pytest.mark.parametrize("replace", ["shift", "constant"])
@pytest.mark.parametrize("name", LAYERS)
def test_replayed_logits_are_those_of_a_hook_that_writes_the_direction_at_each_place(name, replace):
    build, module, pooling, width = LAYERS[name]
    encode, write = literal(width)
    values = np.random.default_rng(0).normal(size=(2, N))
    found = np.full((2, 2, N, 9), np.nan)
    for j, m, block, logits in tail_of(name, replace).passes(np.arange(N), [4, 1], [values, values]):
        found[j, m, block] = logits
    before = hooked(network(build), module, images())
    for j, unit in enumerate([4, 1]):
        for m, row in enumerate(values):
            expected = hooked(
                network(build),
                module,
                images(),
                lambda o, u=unit, v=row: literal_change(o, encode, write, u, v, replace=replace, **pooling),
            )
            assert np.abs(expected - before).max() > 1e-4, "a change that changes nothing tests nothing"
            np.testing.assert_allclose(found[j, m], expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(tail_of(name, replace).original(np.arange(N)), before, rtol=0, atol=1e-12)


def literal_loss(logits: np.ndarray) -> np.ndarray:
    return -log_softmax(logits, axis=1)[np.arange(N), LABELS]


@pytest.mark.parametrize("name", [name for name in LAYERS if "largest" not in name])
def test_losses_of_ablation_and_top_impact_are_those_of_a_hook_where_the_tail_is_replayed(name):
    build, module, pooling, width = LAYERS[name]
    encode, write = literal(width)
    activations = literal_read(output_of(network(build), module, images()), encode, **pooling)
    loss, values = CrossEntropy(LABELS, 1.0), np.linspace(-2, 2, N)

    def losses(replace, to):
        def change(output):
            return literal_change(output, encode, write, 2, to, replace=replace, **pooling)

        return hooked(network(build), module, images(), change)

    ablated = ReplayedTailLosses(tail_of(name, "shift"), np.arange(N), activations, loss, 0.02, 33)
    (found,) = ablated.at([2], [values[None]])
    np.testing.assert_allclose(found[0], literal_loss(losses("shift", values)), rtol=0, atol=1e-9)
    (outcome,) = without_replayed(tail_of(name, "constant"), np.arange(N), [2], loss)
    removed = losses("constant", np.zeros(N))
    np.testing.assert_allclose(outcome.losses, literal_loss(removed), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(outcome.correct, removed.argmax(axis=1) == LABELS)


@pytest.mark.parametrize("name", HEADS)
def test_behind_a_linear_head_ablation_and_top_impact_are_those_of_a_hook(name):
    build, module, pooling, width = HEADS[name]
    encode, write = literal(width)
    weight, _ = linear_head(network(build), module, units_of(width, pooling), images())
    assert weight.shape == (9, 6)
    logits = hooked(network(build), module, images())
    activations = literal_read(output_of(network(build), module, images()), encode, **pooling)
    loss, values = CrossEntropy(LABELS, 1.0), np.linspace(-2, 2, N)
    (found,) = LinearTailLosses(logits, weight, activations, loss).at([2], [values[None]])
    for replace in ("shift", "constant"):  # to the head they are one
        changed = hooked(
            network(build),
            module,
            images(),
            lambda o, r=replace: literal_change(o, encode, write, 2, values, replace=r, **pooling),
        )
        np.testing.assert_allclose(found[0], literal_loss(changed), rtol=0, atol=1e-4)
    (_, _, outcome) = list(without_linear(logits, weight, activations, loss))[:3]
    removed = hooked(
        network(build),
        module,
        images(),
        lambda o: literal_change(o, encode, write, 2, np.zeros(N), replace="constant", **pooling),
    )
    np.testing.assert_allclose(outcome.losses, literal_loss(removed), rtol=0, atol=1e-4)


def test_no_head_is_linear_in_the_largest_of_a_direction_or_in_what_is_not_read():
    assert linear_head(network(resnet), "layer4", units_of(512, {"pool": "max"}), images()) is None
    patches = {"pool": "avg", "tokens": "patches"}
    assert linear_head(network(vit), "encoder.ln", units_of(24, patches), images()) is None


@pytest.mark.parametrize("replace", ["shift", "constant"])
@pytest.mark.parametrize(
    ("shape", "pooling"),
    [
        ((N, 6), {"pool": "none"}),
        ((N, 4, 6), {"pool": "avg"}),
        ((N, 4, 6), {"pool": "first"}),
        ((N, 6, 4, 3), {"pool": "avg"}),
        ((N, 4, 3, 6), {"pool": "max", "channels": "last"}),
    ],
)
def test_directions_along_the_axes_are_the_neurons(shape, pooling, replace):
    output = torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    axes = EncodedUnits(Projection("", torch.eye(6, dtype=torch.float64)), **pooling)
    torch.testing.assert_close(axes.read(output), Neurons(**pooling).read(output), rtol=0, atol=1e-14)
    for units in (axes, Neurons(**pooling)):
        kept = output.clone()
        for change in units.changes(kept, [2, 5]):
            change.replace(torch.linspace(-1, 1, N), replace)
            if units is axes:
                changed = kept.clone()
            change.restore()
        torch.testing.assert_close(kept, output, rtol=0, atol=0)
    for change in Neurons(**pooling).changes(kept, [5]):
        change.replace(torch.linspace(-1, 1, N), replace)
        torch.testing.assert_close(changed, kept, rtol=0, atol=1e-14)


def test_maps_are_what_is_read_at_each_place():
    output = torch.randn(2, 24, 3, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    expected = np.einsum("kc,nchw->nkhw", directions(24).numpy(), output.numpy())
    np.testing.assert_allclose(units_of(24, {"pool": "avg"}).maps(output), expected, rtol=0, atol=1e-6)
    last = units_of(24, {"pool": "avg", "channels": "last"}).maps(output.movedim(1, -1))
    np.testing.assert_allclose(last, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "pooling", "message"),
    [
        ((2, 30), {"pool": "none"}, "units.directions: a.npy is of 24 neurons, and the layer has 30; give one of this"),
        ((2, 24), {"pool": "avg"}, "pool: avg does not fit an output of shape (2, 24); take none"),
        ((2, 24, 3, 3), {"pool": "avg", "tokens": "patches"}, "tokens: patches does not fit an output of shape"),
    ],
)
def test_a_layer_of_another_shape_is_refused_in_one_line(shape, pooling, message):
    with pytest.raises(LinexpError, match=r"^[^\n]+$") as caught:
        units_of(24, pooling).read(torch.zeros(shape))
    assert message in str(caught.value)


def sae_of(width: int, activation: str, normalise: str = "none", n: int = 12) -> tuple[SparseAutoencoder, dict]:
    """A made-up autoencoder, and its parts as arrays."""
    generator = torch.Generator().manual_seed(6)
    shapes = ((width, n), (n,), (n, width), (width,))
    parts = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    sae = Autoencoder(*parts, activation=activation, k=3, threshold=torch.full((n,), 0.3).double(), normalise=normalise)
    return SparseAutoencoder("units.sae: a.pt", sae), dict(zip("wbdo", (part.numpy() for part in parts), strict=True))


def literal_sae(width: int, activation: str, normalise: str = "none"):
    """What each feature reads at a place, and what it writes there."""
    parts = sae_of(width, activation, normalise)[1]

    def encode(x):
        if normalise == "layer_norm":
            x = (x - x.mean()) / (x.std(ddof=1) + 1e-5)
        if normalise == "unit_norm":
            x = x / np.sqrt((x**2).mean())
        before = (x - parts["o"]) @ parts["w"] + parts["b"]
        kept = np.sort(before)[-3] if activation == "top_k" else 0.3 if activation == "threshold" else 0
        return np.maximum(np.where(before >= kept, before, 0), 0)

    def write(x, unit):
        scales = {"none": 1.0, "layer_norm": x.std(ddof=1), "unit_norm": np.sqrt((x**2).mean())}
        return scales[normalise] * parts["d"][unit]

    return encode, write


KINDS = [("relu", "none"), ("top_k", "none"), ("threshold", "layer_norm"), ("relu", "unit_norm")]


def active_units(output, encode, **pooling) -> list[int]:
    """Two units that do most, as one that is never active tests nothing."""
    return np.argsort(-np.abs(literal_read(output, encode, **pooling)).sum(0))[:2].tolist()


@pytest.mark.parametrize("activation, normalise", KINDS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_feature_is_read_at_each_place_and_pooled_after(name, activation, normalise):
    build, module, pooling, width = LAYERS[name]
    units = EncodedUnits(sae_of(width, activation, normalise)[0], **pooling)
    recorded = torch.cat(list(record_activations(network(build), module, units, images().split(2))))
    expected = literal_read(
        output_of(network(build), module, images()), literal_sae(width, activation, normalise)[0], **pooling
    )
    assert expected.any()
    np.testing.assert_allclose(recorded, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("activation, normalise", KINDS)
@pytest.mark.parametrize("name", ["maps", "patches", "class token", "scalars"])
def test_ablation_and_top_impact_of_features_are_those_of_a_hook_that_writes_their_decoder_rows(
    name, activation, normalise
):
    build, module, pooling, width = LAYERS[name]
    encode, write = literal_sae(width, activation, normalise)
    output = output_of(network(build), module, images())
    activations, numbers = literal_read(output, encode, **pooling), active_units(output, encode, **pooling)
    split, loss, values = (
        split_network(network(build), module, images()),
        CrossEntropy(LABELS, 1.0),
        np.linspace(0, 2, N),
    )
    for replace, to in (("shift", values), ("constant", np.zeros(N))):
        units = EncodedUnits(sae_of(width, activation, normalise)[0], **pooling)
        tail = ReplayedTail(split, lambda rows: images()[torch.as_tensor(rows)].split(3), units, replace)
        if replace == "shift":
            losses = ReplayedTailLosses(tail, np.arange(N), activations, loss, 0.02, 33)
            found = [at[0] for at in losses.at(numbers, [to[None]] * 2)]
        else:
            found = [outcome.losses for outcome in without_replayed(tail, np.arange(N), numbers, loss)]
        before = literal_loss(hooked(network(build), module, images()))
        for number, of_unit in zip(numbers, found, strict=True):

            def change(output, number=number, to=to, replace=replace):
                return literal_change(output, encode, write, number, to, replace=replace, **pooling)

            expected = literal_loss(hooked(network(build), module, images(), change))
            assert np.abs(expected - before).max() > 1e-4
            np.testing.assert_allclose(of_unit, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", HEADS)
def test_behind_a_linear_head_features_change_the_logits_by_their_decoder_rows(name):
    build, module, pooling, width = HEADS[name]
    encode, write = literal_sae(width, "top_k")
    units = EncodedUnits(sae_of(width, "top_k")[0], **pooling)
    weight, _ = linear_head(network(build), module, units, images())
    output = output_of(network(build), module, images())
    activations, (number, _) = literal_read(output, encode, **pooling), active_units(output, encode, **pooling)
    logits, loss = hooked(network(build), module, images()), CrossEntropy(LABELS, 1.0)
    removed = hooked(
        network(build),
        module,
        images(),
        lambda o: literal_change(o, encode, write, number, np.zeros(N), replace="constant", **pooling),
    )
    outcome = list(without_linear(logits, weight, activations, loss))[number]
    assert np.abs(removed - logits).max() > 1e-4
    np.testing.assert_allclose(outcome.losses, literal_loss(removed), rtol=1e-4, atol=1e-4)


def test_what_is_written_by_a_scale_of_the_place_has_no_linear_head():
    units = EncodedUnits(sae_of(24, "relu", "layer_norm")[0], "first")
    assert linear_head(network(vit), "encoder.ln", units, images()) is None


def test_the_share_of_variance_left_and_the_active_features_are_those_of_all_places(capsys):
    output = torch.randn(6, 4, 24, generator=torch.Generator().manual_seed(3), dtype=torch.float64) + 2
    sae, parts = sae_of(24, "top_k")
    units = EncodedUnits(sae, "avg", tokens="patches", allow_poor_reconstruction=True)
    for batch in output.split(4):
        units.read(batch)
    x = output[:, 1:].reshape(-1, 24).numpy()
    features = np.array([literal_sae(24, "top_k")[0](row) for row in x])
    left = ((x - features @ parts["d"] - parts["o"]) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    told = units.told()
    assert told["variance_left"] == pytest.approx(left, rel=1e-9) and left > 1
    assert told["mean_active"] == pytest.approx((features != 0).sum(1).mean(), rel=1e-12)
    assert "features of a place are active; warning: that is much" in capsys.readouterr().err


def test_an_autoencoder_that_leaves_more_than_the_mean_is_refused_unless_that_is_allowed():
    units = EncodedUnits(sae_of(24, "top_k")[0], "avg")
    units.read(torch.randn(6, 4, 24, dtype=torch.float64))
    with pytest.raises(
        LinexpError, match=r"^units\.sae: a\.pt leaves \S+ times the variance .* allow_poor_recons[^\n]+$"
    ):
        units.told()


def test_one_that_reconstructs_the_layer_leaves_nothing(capsys):
    eye = torch.eye(24, dtype=torch.float64)
    both, zeros = torch.cat([eye, -eye], 1), torch.zeros(48, dtype=torch.float64)
    sae = Autoencoder(both, zeros, both.T, torch.ones(24, dtype=torch.float64), activation="relu")
    units = EncodedUnits(SparseAutoencoder("units.sae: a.pt", sae), "avg")
    units.read(torch.randn(6, 4, 24, dtype=torch.float64))
    assert units.told() == {"variance_left": pytest.approx(0, abs=1e-20), "mean_active": 24}
    assert "warning" not in capsys.readouterr().err


def test_features_are_dead_if_they_are_never_active_however_rarely_they_are():
    highest, units = torch.tensor([0.0, 0.001, 5.0]), EncodedUnits(sae_of(24, "relu")[0], "avg")
    assert dead(highest, units).tolist() == [True, False, False]
    assert dead(highest, Neurons()).tolist() == [True, True, False]
    assert dead(highest, units_of(24, {"pool": "avg"})).tolist() == [True, True, False]
