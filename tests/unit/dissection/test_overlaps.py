"""Overlaps of neurons and concepts equal a count by hand, and a neuron that detects a concept is found."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from helpers.dissected import GivenLabels, literal_iou
from linexp import scenes
from linexp.dissection.best_overlap import explain, summary
from linexp.dissection.overlaps import LabelledImages, Overlaps, dissect
from linexp.errors import LinexpError
from linexp.networks.targets import given_preprocessing
from linexp.networks.units.pooling import location_maps
from linexp.probes.masks import ImageMasks

AS_IT_IS = {"mean": [0, 0, 0], "std": [1, 1, 1]}


def made_up_labels(n: int, sizes: list[tuple[int, int]], seed: int = 0) -> GivenLabels:
    """Random masks of 7 concepts in 3 categories, of which each image is labelled for some."""
    rng = np.random.default_rng(seed)
    categories = ["object", "color", "object", "scene", "color", "object", "scene"]
    images = []
    for row in range(n):
        known = frozenset(rng.choice(["object", "color", "scene"], rng.integers(4), replace=False).tolist())
        there = [c for c, category in enumerate(categories) if category in known and rng.random() < 0.6]
        masks = rng.random((len(there), *sizes[row % len(sizes)])) < 0.3
        images.append(ImageMasks(rng.permutation(np.array(there, int)), masks, known))
    return GivenLabels([f"concept {c}" for c in range(7)], categories, images)


@pytest.mark.parametrize("batch", [1, 7, 24])
def test_overlaps_equal_a_count_by_plain_loops(batch):
    labels = made_up_labels(24, [(16, 20), (9, 9), (28, 14)])
    maps = torch.randn(24, 5, 4, 6, generator=torch.Generator().manual_seed(1)).numpy()
    thresholds = np.quantile(maps, [0.8, 0.9, 0.95, 0.99, 1], axis=(0, 2, 3))[np.arange(5), np.arange(5)]
    overlaps = Overlaps(torch.from_numpy(thresholds), labels.categories)
    for begin in range(0, 24, batch):
        overlaps.add(torch.from_numpy(maps[begin : begin + batch]), labels.images[begin : begin + batch])
    expected = literal_iou(maps, thresholds.astype(np.float32), labels)
    assert (expected[:3] > 0).all() and not expected[4].any()
    np.testing.assert_array_equal(overlaps.iou(), expected)


def test_blocks_of_neurons_do_not_matter(monkeypatch):
    labels = made_up_labels(6, [(16, 20)])
    maps = torch.randn(6, 9, 4, 4, generator=torch.Generator().manual_seed(1))
    found = []
    for pixels in (1, 2 * 320, 2**24):
        monkeypatch.setattr("linexp.dissection.overlaps._PIXELS_A_BLOCK", pixels)
        overlaps = Overlaps(torch.full((9,), 0.5), labels.categories)
        overlaps.add(maps, labels.images)
        found.append(overlaps.iou())
    assert found[0].any()
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_active_places_count_only_where_the_category_of_a_concept_is_labelled():
    everywhere, nowhere = np.ones((1, 2, 2), bool), np.zeros((0, 2, 2), bool)
    images = [
        ImageMasks(np.array([0]), everywhere, frozenset({"object"})),
        ImageMasks(np.array([], int), nowhere, frozenset({"object", "color"})),
        ImageMasks(np.array([], int), nowhere, frozenset()),
    ]
    overlaps = Overlaps(torch.tensor([0.5]), ["object", "color"])
    overlaps.add(torch.ones(3, 1, 2, 2), images)
    assert overlaps.iou().tolist() == [[4 / 8, 0]]


def test_a_place_is_active_where_it_exceeds_the_threshold_however_little():
    overlaps = Overlaps(torch.tensor([0.5]), ["object"])
    whole = ImageMasks(np.array([0]), np.ones((1, 2, 2), bool), frozenset({"object"}))
    overlaps.add(torch.tensor([[[[0.5, 0.4], [0.50001, 0.5]]]]), [whole])
    assert overlaps.iou().tolist() == [[1 / 4]]


def images_and_labels(n: int, size: int = 64, seed: int = 0) -> tuple[list[Image.Image], GivenLabels]:
    """Scenes with the masks of their colours."""
    drawn = [scenes.draw_scene(seed, row, size) for row in range(n)]
    masks = []
    for scene in drawn:
        there = sorted({scenes.COLOURS.index(item.colour) for item in scene.objects})
        where = [
            np.any([i.mask for i in scene.objects if i.colour == scenes.COLOURS[colour]], axis=0) for colour in there
        ]
        masks.append(ImageMasks(np.array(there), np.array(where), frozenset({"color"})))
    return [scene.image for scene in drawn], GivenLabels(list(scenes.COLOURS), ["color"] * len(scenes.COLOURS), masks)


class ColourDetectors(nn.Module):
    """Neuron k is active where a pixel is close to colour k; the last two do the same everywhere."""

    def __init__(self, colours: np.ndarray):
        super().__init__()
        self.colours = nn.Parameter(torch.from_numpy(colours).float())
        self.maps = nn.AvgPool2d(4)

    def forward(self, x):
        distance = (x[:, None] - self.colours[None, :, :, None, None]).square().sum(2)
        near = self.maps(torch.relu(0.03 - distance))
        same = torch.zeros_like(near[:, :1])
        return torch.cat([near, same, same - 2.5], 1)


class Detector(nn.Module):
    def __init__(self, colours: np.ndarray):
        super().__init__()
        self.layer = ColourDetectors(colours)
        self.behind = nn.Flatten()

    def forward(self, x):
        return self.behind(self.layer(x))


def tone(colour: str) -> np.ndarray:
    """The middle colour of objects, in [0, 1]."""
    from linexp.scenes.palette import OBJECT_TONES

    return np.array(OBJECT_TONES[colour].main) / 255


def labelled_images(n: int, batch_size: int = 16, preprocess=None, rows=None) -> LabelledImages:
    images, labels = images_and_labels(n)
    rows = np.arange(n) if rows is None else rows
    return LabelledImages(images, labels, rows, rows, preprocess or given_preprocessing(**AS_IT_IS), batch_size, 2)


@pytest.fixture(scope="module")
def detected():
    network = Detector(np.stack([tone(colour) for colour in ("red", "teal", "purple")])).eval()
    return network, dissect(network, "layer", labelled_images(200), top_fraction=0.02)


def test_neurons_that_detect_a_colour_are_explained_by_it(detected):
    _, found = detected
    explained = explain(found.iou, found.constant, range(5), scenes.COLOURS)
    assert [list(e.concepts) for e in explained] == [["red"], ["teal"], ["purple"], [], []]
    assert [e.weights for e in explained[:3]] == [[1.0]] * 3
    assert [e.status for e in explained] == ["ok"] * 3 + ["constant"] * 2
    assert found.iou[:3].max(axis=1).min() > 0.2


def test_neurons_that_do_the_same_everywhere_are_constant_and_active_nowhere(detected):
    _, found = detected
    assert found.constant.tolist() == [False] * 3 + [True] * 2
    assert found.thresholds[3:].tolist() == [0, -2.5]
    assert not found.iou[3:].any() and np.isfinite(found.iou).all()


def test_dissection_is_the_same_by_plain_loops_over_a_full_forward_pass(detected):
    network, found = detected
    images, labels = images_and_labels(200)
    with torch.no_grad():
        maps = torch.cat([network.layer(given_preprocessing(**AS_IT_IS)(image)[None]) for image in images]).numpy()
    exact = np.quantile(maps, 0.98, axis=(0, 2, 3))
    np.testing.assert_allclose(found.thresholds, exact, rtol=2**-7, atol=1e-9)
    np.testing.assert_array_equal(found.iou, literal_iou(maps, found.thresholds.astype(np.float32), labels))


def test_the_size_of_batches_does_not_matter(detected):
    network, found = detected
    other = dissect(network, "layer", labelled_images(200, batch_size=33), top_fraction=0.02)
    np.testing.assert_array_equal(other.thresholds, found.thresholds)
    np.testing.assert_array_equal(other.iou, found.iou)


def test_images_that_are_not_asked_for_do_not_count(detected):
    network, _ = detected
    some = dissect(network, "layer", labelled_images(60, rows=np.arange(0, 30)), top_fraction=0.02)
    alone = dissect(network, "layer", labelled_images(30), top_fraction=0.02)
    np.testing.assert_array_equal(some.iou, alone.iou)


def test_masks_follow_a_crop(detected):
    network, _ = detected
    cropped = labelled_images(80, preprocess=given_preprocessing(**AS_IT_IS, crop=32))
    images, labels = images_and_labels(80)
    centre = [image.crop((16, 16, 48, 48)) for image in images]
    masks = [ImageMasks(image.concepts, image.masks[:, 16:48, 16:48], image.categories) for image in labels.images]
    cut = GivenLabels(labels.concepts, labels.categories, masks)
    rows = np.arange(80)
    expected = dissect(
        network, "layer", LabelledImages(centre, cut, rows, rows, given_preprocessing(**AS_IT_IS), 16, 1)
    )
    found = dissect(network, "layer", cropped)
    assert expected.iou.any()
    np.testing.assert_array_equal(found.iou, expected.iou)


def test_labels_may_be_at_other_rows_than_the_images(detected):
    network, _ = detected
    images, labels = images_and_labels(40)
    kept = np.delete(np.arange(40), [3, 17])
    without = LabelledImages(
        [images[row] for row in kept], labels, np.arange(38), kept, given_preprocessing(**AS_IT_IS), 16, 2
    )
    found = dissect(network, "layer", without)
    np.testing.assert_array_equal(found.iou, dissect(network, "layer", labelled_images(40, rows=kept)).iou)


def test_maps_with_channels_last_are_the_same():
    maps = torch.randn(2, 3, 4, 5)
    assert torch.equal(location_maps(maps.permute(0, 2, 3, 1), "last"), maps)


@pytest.mark.parametrize("module", ["behind", "tokens"])
def test_layers_without_maps_are_refused(module):
    network = Detector(np.zeros((2, 3)))
    network.tokens = network.behind if module == "behind" else nn.Flatten(2)
    network.behind = network.tokens
    with pytest.raises(LinexpError, match=r"network_dissection: it needs maps .* leave the method out for this layer"):
        dissect(network.eval(), module, labelled_images(4))


IOU = np.array([[0.1, 0.3, 0.3], [0, 0, 0], [0.02, 0.039, 0.01]])


def test_the_first_of_equal_concepts_explains():
    explained = explain(IOU, np.zeros(3, bool), [0, 2], ["a", "b", "c"])
    assert [(e.neuron, list(e.concepts), e.status) for e in explained] == [(0, ["b"], "ok"), (2, ["b"], "ok")]


def test_a_neuron_below_the_minimum_or_without_overlap_is_unexplained():
    explained = explain(IOU, np.zeros(3, bool), range(3), ["a", "b", "c"], 0.04)
    assert [(e.status, list(e.concepts)) for e in explained] == [
        ("ok", ["b"]),
        ("unexplained", []),
        ("unexplained", []),
    ]
    assert [e.status for e in explain(IOU, np.zeros(3, bool), range(3), ["a", "b", "c"])] == ["ok", "unexplained", "ok"]
    assert summary(IOU) == "3 neurons: mean IoU 0.1130, 1 above 0.04"


def test_a_neuron_that_is_not_there_is_refused():
    with pytest.raises(LinexpError, match="neurons: 3 is not in the layer, which has neurons 0 to 2"):
        explain(IOU, np.zeros(3, bool), [0, 3], ["a", "b", "c"])
