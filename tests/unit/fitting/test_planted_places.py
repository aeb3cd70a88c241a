"""A planted detector of an object is explained by it at places, and its simulated map lies on the object's mask.

Two objects always come together, the red one on the left and the blue one on the right, so labels of whole images
cannot tell which of them a neuron sees.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from helpers.dissected import GivenLabels
from helpers.summed import problem
from linexp.fitting import linear
from linexp.networks.recording import record_activations
from linexp.networks.targets import given_preprocessing
from linexp.networks.units.grids import AtPlaces
from linexp.networks.units.neurons import Neurons
from linexp.probes.areas import measure_areas
from linexp.probes.crops import boxes_of
from linexp.probes.masks import ImageMasks

N, TRAIN, SIZE, GRID = 120, 80, 48, 10
CONCEPTS = ["blue", "red", "green"]
COLOURS = {"blue": (30, 40, 220), "red": (220, 40, 30), "green": (20, 220, 30)}
SEARCH = {"search": {"max_concepts": 2, "tolerance": 0.02, "beam": 3, "swaps": True, "ridge": 0.01, "positive": False}}
PREPROCESS = given_preprocessing([0, 0, 0], [1, 1, 1], resize=36, crop=30)


class Detector(nn.Module):
    """Neurons that are active where it is red, blue, green."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Conv2d(3, 3, 3, 3), nn.ReLU())
        self.behind = nn.Flatten()
        with torch.no_grad():
            self.layer[0].weight[:] = ((3 * torch.eye(3) - 2)[[0, 2, 1], :, None, None] / 9).expand(3, 3, 3, 3)
            self.layer[0].bias[:] = -0.2

    def forward(self, images):
        return self.behind(self.layer(images))


def drawn() -> tuple[list[Image.Image], GivenLabels]:
    """Grey noise, in two thirds with a red and a blue square, in a third with a green one that may be anywhere."""
    rng, images, labels = np.random.default_rng(0), [], []
    for row in range(N):
        pixels = rng.integers(100, 140, (SIZE, SIZE, 3))
        masks = np.zeros((3, SIZE, SIZE), bool)
        sides = {"green": (8, 30)} if row % 3 == 0 else {"red": (8, 12), "blue": (26, 30)}
        for colour, (left, right) in sides.items():
            x, y, side = rng.integers(left, right), rng.integers(8, 30), rng.integers(7, 13)
            masks[CONCEPTS.index(colour), y : y + side, x : x + side] = True
            pixels[y : y + side, x : x + side] = COLOURS[colour]
        there = np.flatnonzero(masks.any(axis=(1, 2)))
        images.append(Image.fromarray(pixels.astype(np.uint8)))
        labels.append(ImageMasks(there, masks[there], frozenset({"object"})))
    return images, GivenLabels(CONCEPTS, ["object"] * 3, labels)


def presence_of(labels: GivenLabels, boxes: np.ndarray, grid: int) -> np.ndarray:
    areas = measure_areas(labels, np.arange(N), boxes, grid)
    p = np.zeros((len(areas.begins) - 1, 3), np.float32)
    p[np.repeat(np.arange(len(p)), np.diff(areas.begins)), areas.columns] = areas.shares
    return p


@pytest.fixture(scope="module")
def planted():
    images, labels = drawn()
    batch = torch.stack([PREPROCESS(image) for image in images])
    boxes = boxes_of(images, PREPROCESS)

    def recorded(units) -> np.ndarray:
        return torch.cat(list(record_activations(Detector().eval(), "layer", units, batch.split(50)))).numpy()

    at_places = recorded(AtPlaces(Neurons("avg"), GRID, "avg"))
    return labels, boxes, at_places, recorded(Neurons("avg"))


def explained(p: np.ndarray, q: np.ndarray, n_train: int):
    return linear.explain(replace(problem(p, q, n_train), concepts=CONCEPTS), SEARCH)


def test_detectors_are_explained_by_what_they_detect_at_places(planted):
    labels, boxes, at_places, _ = planted
    p = presence_of(labels, boxes, GRID)
    found = explained(p, at_places, TRAIN * GRID**2)
    assert [list(e.concepts) for e in found] == [["red"], ["blue"], ["green"]]
    held_out = slice(TRAIN * GRID**2, None)
    for neuron, explanation in enumerate(found):
        simulated = p[held_out, CONCEPTS.index(explanation.concepts[0])]
        assert np.corrcoef(simulated, at_places[held_out, neuron])[0, 1] > 0.7


def test_the_simulated_map_lies_on_the_mask(planted):
    labels, boxes, at_places, _ = planted
    p = presence_of(labels, boxes, GRID)
    (red, *_) = explained(p, at_places, TRAIN * GRID**2)
    simulated = sum(w * p[:, CONCEPTS.index(c)] for c, w in zip(red.concepts, red.weights, strict=True))
    grids = simulated.reshape(N, GRID, GRID) > 0.5 * simulated.max()
    both = either = 0
    for row in range(TRAIN, N):
        left, top, right, bottom = np.rint(boxes[row] * SIZE).astype(int)
        image = labels.masks(row)
        mask = image.masks[image.concepts == CONCEPTS.index("red")].any(axis=0)[top:bottom, left:right]
        pixels = np.kron(grids[row], np.ones((bottom - top, right - left), bool))  # finer than both
        finer = np.kron(mask, np.ones((GRID, GRID), bool))
        both, either = both + (pixels & finer).sum(), either + (pixels | finer).sum()
    assert both / either > 0.6  # a square is two to three cells wide


def test_labels_of_whole_images_cannot_tell_what_comes_together(planted):
    labels, boxes, _, of_images = planted
    there = (presence_of(labels, np.tile([0.0, 0, 1, 1], (N, 1)), 1) > 0).astype(np.float32)
    assert (there[:, 0] == there[:, 1]).all()
    found = explained(there, of_images, TRAIN)
    # red and blue are the same column: both detectors get the first of them
    assert list(found[0].concepts) == list(found[1].concepts)
    # their areas in what the network sees can
    areas = explained(presence_of(labels, boxes, 1), of_images, TRAIN)
    assert [e.concepts[0] for e in areas] == ["red", "blue", "green"]
