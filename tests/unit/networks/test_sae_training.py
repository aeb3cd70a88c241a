"""Training sparse autoencoders: a planted dictionary is found again, and what is said of it is so."""

import numpy as np
import pytest
import torch
import torchvision
from torchvision.models.resnet import BasicBlock

from linexp.errors import LinexpError
from linexp.networks import sae_training
from linexp.networks.sae_training import reconstruction, sampled_places, train_sae

SETTINGS = {"features": 64, "k": 3, "epochs": 12, "batch_size": 512, "learning_rate": 1e-2}
WIDTH, PLANTED, ACTIVE = 24, 32, 3
OFFSET = 5.0


@pytest.fixture(scope="module")
def planted():
    """Places that are sums of three of 32 directions, beside an offset; and the directions, of length 1."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(PLANTED, WIDTH))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = np.zeros((20_000, PLANTED))
    for row in codes:
        row[rng.choice(PLANTED, ACTIVE, replace=False)] = rng.uniform(1, 3, ACTIVE)
    return torch.tensor(40 * (codes @ directions) + OFFSET, dtype=torch.float32), torch.tensor(directions).float()


@pytest.fixture(scope="module")
def trained(planted):
    return train_sae(planted[0], SETTINGS, seed=0)


def test_a_planted_dictionary_is_found_again(planted, trained):
    sae, record = trained
    nearest = (planted[1] @ sae["W_dec"].T).max(dim=1).values
    assert (nearest > 0.95).float().mean() > 0.9
    assert record["variance_left"] < 0.1
    assert record["loss_by_epoch"][-1] < record["loss_by_epoch"][0] / 2


def test_the_threshold_keeps_about_k_features_a_place(trained):
    assert trained[1]["mean_active"] == pytest.approx(SETTINGS["k"], rel=0.15)


def test_decoder_rows_have_length_1(trained):
    torch.testing.assert_close(trained[0]["W_dec"].norm(dim=1), torch.ones(SETTINGS["features"]))


def test_what_is_said_of_the_reconstruction_is_a_sum_over_places(planted, trained):
    sae = {name: tensor.double().numpy() for name, tensor in trained[0].items()}
    x = planted[0][:300].double().numpy()
    left, active, fired = 0.0, 0, np.zeros(SETTINGS["features"], bool)
    for place in x:
        features = np.maximum((place - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"], 0)
        features[features <= sae["threshold"]] = 0
        left += ((place - features @ sae["W_dec"] - sae["b_dec"]) ** 2).sum()
        active += np.count_nonzero(features)
        fired |= features > 0
    found = reconstruction(trained[0], planted[0][:300])
    assert found["variance_left"] == pytest.approx(left / ((x - x.mean(axis=0)) ** 2).sum(), rel=1e-4)
    assert found["mean_active"] == pytest.approx(active / 300, rel=0.01)
    assert found["dead_features"] == pytest.approx((~fired).sum(), abs=1)


def test_the_scale_of_the_activations_does_not_matter(planted, trained):
    sae, record = train_sae(planted[0] / 1000, SETTINGS, seed=0)
    assert record["variance_left"] == pytest.approx(trained[1]["variance_left"], abs=0.02)
    assert float(sae["threshold"]) == pytest.approx(float(trained[0]["threshold"]) / 1000, rel=0.2)


@pytest.mark.parametrize(
    ("activations", "message"),
    [(torch.ones(100, 4), "100 places do not fill a batch of 512"), (torch.ones(1000, 4), "never vary")],
)
def test_what_cannot_be_learned_from_is_told(activations, message):
    with pytest.raises(LinexpError, match=message):
        train_sae(activations, SETTINGS, seed=0)


IMAGES = torch.randn(10, 3, 32, 32, generator=torch.manual_seed(0))


def network(kind: str):
    torch.manual_seed(0)
    if kind == "vit":
        return torchvision.models.VisionTransformer(32, 8, 1, 2, 12, 24, num_classes=3).eval()
    return torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3).eval()


@pytest.mark.parametrize(
    ("kind", "module", "shape"),
    [("resnet", "layer2", (160, 128)), ("resnet", "fc", (10, 3)), ("vit", "encoder.layers.encoder_layer_0", (170, 12))],
)
def test_places_are_all_that_a_hook_sees_image_by_image(kind, module, shape):
    seen = []
    net = network(kind)
    with net.get_submodule(module).register_forward_hook(lambda _m, _i, output: seen.append(output)), torch.no_grad():
        net(IMAGES)
    found = sampled_places(net, {"module": module, "channels": "first"}, IMAGES.split(4), len(IMAGES), seed=0)
    output = seen[0].flatten(2).transpose(1, 2) if seen[0].ndim == 4 else seen[0]
    assert tuple(found.shape) == shape
    torch.testing.assert_close(found, output.reshape(-1, shape[1]), rtol=1e-4, atol=1e-5)


def test_as_many_places_of_each_image_are_drawn_where_all_are_too_many(monkeypatch):
    layer = {"module": "layer2", "channels": "first"}
    every = sampled_places(network("resnet"), layer, IMAGES.split(4), 10, seed=0).reshape(10, 16, 128)
    monkeypatch.setattr(sae_training, "MOST_VALUES", 5 * 128 * 10)
    found = sampled_places(network("resnet"), layer, IMAGES.split(4), 10, seed=0).reshape(10, 5, 128)
    for image, drawn in zip(every, found, strict=True):
        numbers = [torch.isclose(image, place, atol=1e-5).all(dim=1).nonzero().item() for place in drawn]
        assert len(set(numbers)) == 5
    again = sampled_places(network("resnet"), layer, IMAGES.split(4), 10, seed=0).reshape(10, 5, 128)
    assert torch.equal(found, again)
