"""A target's layer as a job opens it: cut, and replayed on images that are read from their files."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from linexp.networks import replay
from linexp.networks.targets import build_network, preprocessing
from linexp.probes import sources
from linexp.probes.index import index_images

PREPROCESS = {"resize": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
MODEL = {"source": "timm", "name": "test_resnet", "weights": "none", "untrained": False, "preprocess": PREPROCESS}
SEED, N_IMAGES = 3, 7


@pytest.fixture
def layer(tmp_path):
    """What a job has of a layer, and the index of its images."""
    for number in range(N_IMAGES):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 36, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    images = {"kind": "image_folder", "root": str(tmp_path), "on_bad_image": "refuse"}
    params = {"model": MODEL, "layer": {"module": "layer3", "pool": "avg", "channels": "first"}, "images": images}
    job = SimpleNamespace(
        params=SimpleNamespace(**params, seed=SEED),
        input={},
        resources=SimpleNamespace(batch_size=3),
        threads=1,
    )
    split = {"train": 0.7, "val": 0.1, "test": 0.2}
    return replay.TargetLayer.of(job), index_images(sources.open_source(images), split, SEED)


def test_the_logits_are_those_of_the_whole_network_on_the_images_files(layer):
    target, index = layer
    tail = replay.open_tail(target, index, "shift")
    rows = np.array([1, 4, 6, 0, 5])
    network, preprocess = build_network(MODEL, SEED).eval(), preprocessing(MODEL)
    root = target.images["root"]
    batch = torch.stack([preprocess(Image.open(f"{root}/{row}.png").convert("RGB")) for row in rows])
    with torch.no_grad():
        expected = network(batch)
    np.testing.assert_allclose(tail.original(rows), expected, rtol=1e-4, atol=1e-5)
