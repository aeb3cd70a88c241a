"""Network Dissection by plain loops."""

import numpy as np

from linexp.probes.masks import ImageMasks, PixelLabels


class GivenLabels(PixelLabels):
    """Pixel labels that are given as a list."""

    def __init__(self, concepts: list[str], categories: list[str], images: list[ImageMasks]):
        self.concepts, self.categories, self.images = concepts, categories, images

    def __len__(self) -> int:
        return len(self.images)

    def masks(self, row: int) -> ImageMasks:
        return self.images[row]


def bilinear(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """A map enlarged to (height, width) with its values at the centres of equal parts, in float64."""

    def weights(n: int, m: int) -> np.ndarray:
        places = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
        return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(n)))

    return weights(grid.shape[0], height) @ grid.astype(np.float64) @ weights(grid.shape[1], width).T


def literal_iou(maps: np.ndarray, thresholds: np.ndarray, labels: PixelLabels) -> np.ndarray:
    """IoU with plain loops over images, neurons and concepts."""
    iou = np.zeros((maps.shape[1], len(labels.concepts)))
    for neuron in range(maps.shape[1]):
        for concept, category in enumerate(labels.categories):
            both = either = 0
            for row, grid in enumerate(maps[:, neuron]):
                image = labels.masks(row)
                if category not in image.categories:
                    continue
                active = bilinear(grid, *image.masks.shape[1:]) > thresholds[neuron]
                there = image.masks[image.concepts == concept].any(axis=0)
                both, either = both + (active & there).sum(), either + (active | there).sum()
            iou[neuron, concept] = both / either if either else 0
    return iou
