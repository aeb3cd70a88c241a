"""The part of an image that preprocessing leaves is found, and cut into cells; what covers them is measured by area."""

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image

from linexp.errors import LinexpError
from linexp.networks.targets import given_preprocessing
from linexp.probes.crops import CellAreas, CropBoxes, cells, crop_box, cut_out, in_pixels

NORMAL = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}
# how much of the shorter side is left, and whether the longer one is squeezed
LEFT = {
    "both sides": (given_preprocessing(**NORMAL, resize=32), None),
    "as it is": (given_preprocessing(**NORMAL), None),
    "crop": (given_preprocessing(**NORMAL, resize=64, crop=48), 0.75),
    "torchvision": (torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms(), 224 / 256),
    "bicubic": (timm.data.create_transform((3, 224, 224), interpolation="bicubic", crop_pct=0.9), 0.9),
}


@pytest.mark.parametrize("size", [(80, 80), (100, 80), (80, 100), (60, 300)])
@pytest.mark.parametrize("name", LEFT)
def test_the_part_that_preprocessing_leaves_is_found(name, size):
    preprocess, share = LEFT[name]
    shares = np.array([share * min(size) / side if share else 1 for side in size])
    found = crop_box(preprocess, size)
    np.testing.assert_allclose(found, [*(0.5 - shares / 2), *(0.5 + shares / 2)], atol=0.004)
    assert min(found) >= 0 and max(found) <= 1
    whole = [place == 1 for place in (*shares, *shares)]
    assert np.array(found)[whole].tolist() == np.array([0, 0, 1, 1])[whole].tolist()  # to the edge, where it ends there


def test_a_preprocessing_that_is_not_centred_is_followed():
    def left_top(image: Image.Image) -> torch.Tensor:
        return given_preprocessing(**NORMAL, resize=30)(image.crop((0, 0, 40, 60)))

    np.testing.assert_allclose(crop_box(left_top, (80, 80)), (0, 0, 0.5, 0.75), atol=0.004)


def test_a_preprocessing_that_adds_a_border_is_refused():
    with pytest.raises(LinexpError, match="preprocess: it adds a border to images"):
        crop_box(given_preprocessing(**NORMAL, crop=100), (80, 80))


def test_each_size_of_images_is_looked_at_once():
    preprocess, seen = LEFT["crop"][0], []
    boxes = CropBoxes(lambda image: seen.append(image.size) or preprocess(image))
    assert [boxes.of(size) for size in ((80, 80), (90, 80), (80, 80))][::2] == [crop_box(preprocess, (80, 80))] * 2
    assert seen == [(80, 80)] * 4 + [(90, 80)] * 4


def test_cells_go_row_by_row_and_fill_the_box():
    found = cells((0.1, 0.2, 0.7, 0.8), 3)
    assert found.shape == (9, 4)
    np.testing.assert_allclose(
        found[[0, 1, 3, 8]], [[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.5, 0.4], [0.1, 0.4, 0.3, 0.6], [0.5, 0.6, 0.7, 0.8]]
    )
    np.testing.assert_allclose(cells((0, 0, 1, 1), 1), [[0, 0, 1, 1]])
    assert in_pixels((0.1, 0.2, 0.7, 0.8), (100, 50)) == pytest.approx((10, 10, 70, 40))


def literal_areas(masks: np.ndarray, box, grid: int, finer: int = 60) -> np.ndarray:
    """The covered shares of cells, by looking at `finer` × `finer` points of each."""
    height, width = masks.shape[1:]
    found = np.zeros((grid * grid, len(masks)))
    for number, (left, top, right, bottom) in enumerate(cells(box, grid)):
        x = np.floor((left + (right - left) * (np.arange(finer) + 0.5) / finer) * width).astype(int)
        y = np.floor((top + (bottom - top) * (np.arange(finer) + 0.5) / finer) * height).astype(int)
        found[number] = masks[:, y][:, :, x].mean(axis=(1, 2))
    return found


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.125, 0.25, 0.625, 0.75), (0.03, 0.11, 0.92, 0.87)])
@pytest.mark.parametrize("grid", [1, 3, 7])
def test_covered_shares_equal_those_of_many_points(box, grid):
    masks = np.random.default_rng(0).random((4, 16, 24)) < 0.4
    found = CellAreas(box, grid, (16, 24)).of(masks)
    assert found.shape == (grid**2, 4) and found.dtype == np.float32
    np.testing.assert_allclose(found, literal_areas(masks, box, grid), atol=0.03)
    np.testing.assert_allclose(CellAreas(box, grid, (16, 24)).of(np.ones((1, 16, 24), bool)), 1, atol=1e-6)


def test_cells_that_end_at_pixels_are_means_of_these():
    masks = np.random.default_rng(1).random((2, 8, 8)) < 0.5
    expected = masks.reshape(2, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(2, 16).T
    np.testing.assert_allclose(CellAreas((0, 0, 1, 1), 4, (8, 8)).of(masks), expected, atol=1e-6)


def test_an_object_outside_the_centre_crop_covers_no_cell_and_is_not_cut_out():
    image = Image.new("RGB", (160, 80), "black")
    image.paste("white", (0, 0, 30, 80))  # on the left; a crop of the centre begins at pixel 45
    mask = np.asarray(image)[None, ..., 0] > 0
    box = crop_box(LEFT["crop"][0], image.size)
    assert not CellAreas(box, 4, (80, 160)).of(mask).any()
    assert not np.asarray(cut_out(image, box, 32)).any()
    whole = CellAreas((0, 0, 1, 1), 4, (80, 160)).of(mask)
    assert whole[:, 0].tolist() == [0.75, 0, 0, 0] * 4
    # the same part of the image and of a mask of half its size
    assert (cut_out(image, (0, 0, 0.5, 1), 8).size, np.asarray(cut_out(image, (0, 0, 0.1, 1), 8)).min()) == (
        (8, 8),
        255,
    )
    np.testing.assert_allclose(CellAreas((0, 0, 1, 1), 4, (40, 80)).of(mask[:, ::2, ::2]), whole, atol=1e-6)
