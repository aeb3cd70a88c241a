"""Network Dissection of a layer beside two bare forward passes up to it.

    python benchmarks/network_dissection.py                                        # ResNet-50, 256 images
    python benchmarks/network_dissection.py --network resnet18 --size 64 --images 4000

Images are noise, weights are random. Masks are like Broden's: half the images' size, 1,197 concepts, 12 an image. The
floor is the two passes that the method needs: one for the thresholds, one for the overlaps.
"""

import numpy as np
import torch
from measuring import Clock, argument_parser, beside, cores, show
from PIL import Image

from linexp.dissection.overlaps import LabelledImages, dissect
from linexp.jobs.runtime import device
from linexp.networks.recording import run_to_module
from linexp.networks.targets import build_network, given_preprocessing
from linexp.probes.masks import ImageMasks, PixelLabels

CONCEPTS, CONCEPTS_AN_IMAGE, DIFFERENT_IMAGES = 1197, 12, 64


class NoiseLabels(PixelLabels):
    """Each image has some concepts, one beside the other in stripes."""

    def __init__(self, n_images: int, size: int):
        self.concepts = [f"concept {number}" for number in range(CONCEPTS)]
        self.categories = ["object"] * CONCEPTS
        self._numbers = np.random.default_rng(0).permuted(np.tile(np.arange(CONCEPTS), (n_images, 1)), axis=1)
        stripes = np.arange(size) * CONCEPTS_AN_IMAGE // size == np.arange(CONCEPTS_AN_IMAGE)[:, None]
        self._masks = np.repeat(stripes[:, None], size, axis=1)

    def __len__(self) -> int:
        return len(self._numbers)

    def masks(self, row: int) -> ImageMasks:
        return ImageMasks(self._numbers[row, :CONCEPTS_AN_IMAGE], self._masks, frozenset({"object"}))


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--network", default="resnet50", help="of torchvision")
    parser.add_argument("--layer", default="layer4")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--size", type=int, default=224)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    network = build_network({"source": "torchvision", "name": options.network, "weights": "none"}).eval().to(device())
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (DIFFERENT_IMAGES, options.size, options.size, 3), np.uint8)
    rows = np.arange(options.images)
    images = LabelledImages(
        [Image.fromarray(noise[row % DIFFERENT_IMAGES]) for row in rows],
        NoiseLabels(options.images, options.size // 2),
        rows,
        rows,
        given_preprocessing([0.5] * 3, [0.25] * 3),
        64,
        cores(),
    )

    def bare_pass() -> None:
        with run_to_module(network, options.layer) as output_of:
            for batch in images.batches("bare pass"):
                output_of(batch)

    clock = Clock()
    with clock("floor"):
        bare_pass()
        bare_pass()
    with clock("dissection"):
        found = dissect(network, options.layer, images)
    result = {
        "benchmark": "network_dissection",
        "layer": f"{options.network}/{options.layer}",
        "images": options.images,
        "neurons": len(found.iou),
        **beside(clock.seconds["dissection"], clock.seconds["floor"]),
    }
    show(result, options.json)


if __name__ == "__main__":
    main()
