"""Where neurons are active against where concepts are, counted in pixels: the measuring part of Network Dissection.

Bau et al. (2017), §2.2-2.3: T_k is exceeded by a share of 0.005 of the activations of neuron k over all places of all
images; upsampled bilinearly to the size of the masks, its activation map is active where it exceeds T_k. With M_k(x)
these places and L_c(x) the mask of concept c,

    IoU(k, c) = Σ |M_k(x) ∩ L_c(x)| / Σ |M_k(x) ∪ L_c(x)|

over the images x that are labelled for the category of c. Departures:

- T_k comes from a histogram, within 0.8 % of the exact quantile (`quantiles`).
- Upsampling anchors a value of the map at the centre of its share of the image (bilinear, `align_corners=False`), as
  the resizing of the published code (CSAILVision/NetDissect-Lite) does; the paper anchors it at the centre of its
  receptive field.
- That code counts an active area for the categories that have a label inside this area or for the whole image; here,
  as in the paper, for those that have one anywhere in the image.
- Images go through the target's own preprocessing, and where it crops, masks are cropped too. The publication shows
  its networks whole images, of the networks' size.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ..jobs.blocks import block_of
from ..jobs.gpu_memory import map_what_fits, run_what_fits
from ..jobs.parallel import batched, ordered_map
from ..jobs.progress import progress
from ..networks.parts import Key
from ..networks.recording import run_to_module
from ..networks.units.neurons import NEURONS
from ..networks.units.units import Units
from ..probes.batches import ImageRows, image_batches
from ..probes.crops import CropBoxes
from ..probes.masks import ImageMasks, PixelLabels
from .quantiles import QuantileSketch

_PIXELS_A_BLOCK = 2**24


class Overlaps:
    """Counts of pixels: where neurons are active, where concepts are, and where both.

    Parameters
    ----------
    thresholds
        (n_neurons,) T_k; a neuron is active where it is above.
    categories
        (n_concepts,) the category of each concept.
    """

    def __init__(self, thresholds: Tensor, categories: Sequence[str]):
        names = sorted(set(categories))
        self._thresholds = thresholds.float()
        self._number = {name: number for number, name in enumerate(names)}
        self._category = torch.tensor([self._number[name] for name in categories], device=thresholds.device)

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.int64, device=thresholds.device)

        self._active = zeros(len(thresholds), len(names))
        self._labelled = zeros(len(categories))
        self._both = zeros(len(thresholds), len(categories))

    @torch.inference_mode()
    def add(self, maps: Tensor, images: Sequence[ImageMasks]) -> None:
        """Count the pixels of images.

        Parameters
        ----------
        maps
            (n, n_neurons, height, width) float32.
        images
            Their n masks, of up to 2²⁴ pixels.
        """
        somewhere = maps.amax((2, 3)) > self._thresholds  # upsampling adds no higher value
        for image_maps, active, image in zip(maps, somewhere, images, strict=True):
            self._add_image(image_maps, active.nonzero()[:, 0], image)

    def _add_image(self, maps: Tensor, neurons: Tensor, image: ImageMasks) -> None:
        device, size = maps.device, image.masks.shape[1:]
        concepts = torch.as_tensor(image.concepts, device=device)
        known = [self._number[name] for name in image.categories if name in self._number]
        known = torch.tensor(known, dtype=torch.int64, device=device)
        masks = torch.as_tensor(np.ascontiguousarray(image.masks), device=device).flatten(1)
        self._labelled[concepts] += masks.count_nonzero(1)
        masks = masks.float()
        for some in neurons.split(max(1, _PIXELS_A_BLOCK // masks.shape[1])) if len(neurons) else ():
            upsampled = interpolate(maps[some].unsqueeze(0), size, mode="bilinear", align_corners=False)[0]
            active = (upsampled > self._thresholds[some, None, None]).flatten(1)
            self._active[some[:, None], known] += active.count_nonzero(1)[:, None]
            # sums of zeros and ones, exact in float32 up to 2²⁴
            self._both[some[:, None], concepts] += (active.float() @ masks.T).long()

    def iou(self) -> NDArray[np.float64]:
        """IoU of every neuron and concept, (n_neurons, n_concepts); 0 where there is neither."""
        union = self._active[:, self._category] + self._labelled - self._both
        return (self._both.double() / union.clamp(min=1)).cpu().numpy()


@dataclass(frozen=True)
class LabelledImages:
    """Images with pixel labels, in batches for a network.

    Attributes
    ----------
    images
        RGB images.
    labels
        Of the images of their source.
    rows
        (n,) those of `images` to take.
    label_rows
        (n,) the same in `labels`.
    preprocess
        From an image to (3, height, width) float32.
    """

    images: Sequence
    labels: PixelLabels
    rows: np.ndarray
    label_rows: np.ndarray
    preprocess: Callable
    batch_size: int
    threads: int

    def batches(self, description: str) -> Iterator[Tensor]:
        """The images alone, (batch, 3, height, width), with a progress bar."""
        images = ImageRows(self.images, self.rows)
        return image_batches(images, self.preprocess, self.batch_size, self.threads, description)

    def batches_with_masks(self, description: str) -> Iterator[tuple[Tensor, list[ImageMasks]]]:
        """The same with the masks of what the preprocessing leaves of each image."""
        boxes = CropBoxes(self.preprocess)

        def load(rows: tuple[int, int]) -> tuple[Tensor, ImageMasks]:
            row, label_row = map(int, rows)
            image = self.images[row]
            return self.preprocess(image), self.labels.masks(label_row).cut(boxes.of(image.size))

        loaded = ordered_map(load, zip(self.rows, self.label_rows, strict=True), self.threads)
        for batch in progress(batched(loaded, self.batch_size), len(self.rows), "image", description):
            tensors, masks = zip(*batch, strict=True)
            yield torch.stack(tensors), list(masks)


@dataclass(frozen=True)
class Dissection:
    """How well each neuron's active places agree with each concept.

    Attributes
    ----------
    iou
        (n_neurons, n_concepts) float64, 0 where neither is anywhere.
    thresholds
        (n_neurons,) float64 T_k.
    constant
        (n_neurons,) bool, whether a neuron does the same at all places of all images.
    """

    iou: np.ndarray
    thresholds: np.ndarray
    constant: np.ndarray


@torch.inference_mode()
def dissect(
    network: nn.Module,
    module: str,
    images: LabelledImages,
    units: Units = NEURONS,
    top_fraction: float = 0.005,
    block: tuple[int, int] = (1, 1),
    part: Key | None = None,
) -> Dissection:
    """Measure neurons of a layer, in two passes over the images and memory that does not grow with their number.

    Each neuron is measured by itself, so those of a block get the numbers that they get among all.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use.
    module
        Dotted path of the layer.
    units
        Of the layer.
    top_fraction
        Share of a neuron's activations at places that count as active.
    block
        Its number, from 1, and into how many the neurons of the layer are cut.
    part
        Of what the module returns, where that is no tensor.

    Raises
    ------
    LinexpError
        The layer has no maps, or an activation is not finite.
    """
    neurons, sketch = None, None
    with run_to_module(network, module, units.channels, part) as output_of:
        outputs = map_what_fits(output_of, images.batches("finding thresholds"))
        for _, maps in chain.from_iterable(map(units.map_blocks, outputs)):
            if sketch is None:
                neurons = block_of(*block, maps.shape[1])
                if neurons.start == neurons.stop:
                    return _no_neurons(len(images.labels.concepts))
                sketch = QuantileSketch(neurons.stop - neurons.start, maps.device)
            sketch.add(maps[:, neurons].flatten(2))
        thresholds = sketch.quantile(1 - top_fraction)
        overlaps = Overlaps(thresholds.to(maps.device), images.labels.categories)
        batches = images.batches_with_masks("comparing with masks")
        for output, masks in run_what_fits(lambda batch, masks: [(output_of(batch), masks)], batches):
            for some, maps in units.map_blocks(output):
                overlaps.add(maps[:, neurons], masks[some])
    constant = sketch.lowest == sketch.highest
    return Dissection(overlaps.iou(), thresholds.numpy(), constant.cpu().numpy())


def _no_neurons(n_concepts: int) -> Dissection:
    return Dissection(np.empty((0, n_concepts)), np.empty(0), np.empty(0, bool))
