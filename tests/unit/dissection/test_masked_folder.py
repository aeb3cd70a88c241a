"""Network Dissection on masks of one's own gives the IoU of plain loops over their pixels."""

import numpy as np
import torch
from PIL import Image
from torch import nn

from helpers.dissected import literal_iou
from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.networks.targets import given_preprocessing
from linexp.probes.pixel_labels import open_pixel_labels
from linexp.probes.sources import open_source

AS_IT_IS = {"mean": [0, 0, 0], "std": [1, 1, 1]}
NAMES = ["left", "spot", "right"]


def painted(folder, n: int, size: int = 32) -> dict:
    """Noise with a bright square, and masks with the square, halves, and pixels that are not labelled."""
    rng = np.random.default_rng(0)
    for number in range(n):
        pixels = rng.integers(0, 128, (size, size, 3), np.uint8)
        labels = np.where(np.arange(size) < size // 2, 1, 3)[None].repeat(size, 0).astype(np.uint8)
        top, left = rng.integers(0, size - 12, 2)
        pixels[top : top + 12, left : left + 12] = 255
        labels[top : top + 12, left : left + 12] = 2
        labels[0], labels[1] = 0, 255
        for kind, values in (("images", pixels), ("masks", labels)):
            (folder / kind).mkdir(exist_ok=True)
            Image.fromarray(values).save(folder / kind / f"{number:02d}.png")
    return {"kind": "masked_folder", "root": str(folder / "images"), "masks": str(folder / "masks"), "names": NAMES}


def test_overlaps_are_those_of_plain_loops_over_the_files(tmp_path):
    entry = painted(tmp_path, 30)
    source, labels = open_source(entry), open_pixel_labels(entry, None)
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.ReLU())
    with torch.no_grad():
        layer[0].weight[0], layer[0].bias[0] = 1 / 192, -0.5  # of brightness
    network = nn.Sequential(layer).eval()
    preprocess = given_preprocessing(**AS_IT_IS)
    images, rows = [source.image(row) for row in range(30)], np.arange(30)
    found = dissect(network, "0", LabelledImages(images, labels, rows, rows, preprocess, 8, 2), top_fraction=0.1)
    with torch.no_grad():
        maps = torch.cat([layer(preprocess(image)[None]) for image in images]).numpy()
    np.testing.assert_array_equal(found.iou, literal_iou(maps, found.thresholds.astype(np.float32), labels))
    assert found.iou[0].argmax() == NAMES.index("spot") and found.iou[0].max() > 0.4
