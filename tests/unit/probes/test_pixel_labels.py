"""Pixel labels of drawn scenes are what is drawn, and masks are cut to what preprocessing leaves of an image."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image

from linexp import scenes
from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.networks.targets import given_preprocessing
from linexp.probes import pixel_labels
from linexp.probes.masks import ImageMasks
from linexp.probes.pixel_labels import ScenePixelLabels, open_pixel_labels, visible_part
from linexp.scenes.data import draw_masks

N, SIZE, SEED = 40, 48, 5
NORMAL = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}


@pytest.fixture(scope="module")
def arrays() -> dict:
    return draw_masks(N, SIZE, first=0, seed=SEED, threads=1)


@pytest.fixture
def path(arrays, tmp_path):
    store.write_arrays(tmp_path / "masks.h5", store.Provenance("draw_masks", {}, "probe"), arrays)
    return tmp_path / "masks.h5"


def expected(row: int) -> dict[tuple[str, str], np.ndarray]:
    """What is where in a scene, by category and name, from the scene itself."""
    scene = scenes.draw_scene(SEED, row, SIZE)
    found = {("scene", scene.background): np.ones((SIZE, SIZE), bool)}
    for item in scene.objects:
        for name in (("object", item.kind), ("color", item.colour)):
            found[name] = found.get(name, np.zeros((SIZE, SIZE), bool)) | item.mask
    return found


def assert_is_drawn(labels: ScenePixelLabels, row: int) -> None:
    image, scene = labels.masks(row), expected(row)
    names = [(labels.categories[concept], labels.concepts[concept]) for concept in image.concepts]
    assert len(names) == len(set(names)) and set(names) == set(scene)
    assert image.masks.dtype == bool and image.masks.shape == (len(names), SIZE, SIZE)
    for name, mask in zip(names, image.masks, strict=True):
        np.testing.assert_array_equal(mask, scene[name])
    assert image.categories == {"object", "color", "scene"}


def test_masks_of_scenes_are_what_is_drawn(path):
    labels = ScenePixelLabels(path)
    assert len(labels) == N
    assert len(set(zip(labels.categories, labels.concepts, strict=True))) == len(labels.concepts)
    for row in range(N):
        assert_is_drawn(labels, row)


def test_objects_of_one_kind_or_colour_are_one_concept(path):
    labels = ScenePixelLabels(path)
    objects = [len(scenes.draw_scene(SEED, row, SIZE).objects) for row in range(N)]
    shared = [row for row in range(N) if len(expected(row)) < 1 + 2 * objects[row]]
    assert shared, "no scene to test it on"
    for row in shared:
        assert_is_drawn(labels, row)


def test_blocks_of_images_are_read_in_any_order_by_several_threads(path, monkeypatch):
    monkeypatch.setattr(pixel_labels, "_PIXELS_A_BLOCK", 7 * SIZE**2)
    labels = ScenePixelLabels(path)
    rows = np.random.default_rng(0).permutation(N).tolist()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda row: assert_is_drawn(labels, row), rows))


def test_a_file_without_backgrounds_is_to_be_made_again(arrays, tmp_path):
    older = {name: values for name, values in arrays.items() if name != "background"}
    store.write_arrays(tmp_path / "masks.h5", store.Provenance("draw_masks", {}, "probe"), older)
    with pytest.raises(LinexpError, match="make it again: snakemake"):
        ScenePixelLabels(tmp_path / "masks.h5")


def test_a_probe_without_pixel_labels_is_refused(path):
    assert isinstance(open_pixel_labels({"kind": "scenes"}, path), ScenePixelLabels)
    with pytest.raises(LinexpError, match="kind cifar100 has no pixel labels; take one of kind broden or scenes"):
        open_pixel_labels({"kind": "cifar100", "root": "data"}, None)


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
    found = visible_part(preprocess, size)
    np.testing.assert_allclose(found, [*(0.5 - shares / 2), *(0.5 + shares / 2)], atol=0.008)
    assert min(found) >= 0 and max(found) <= 1


def test_a_preprocessing_that_is_not_centred_is_followed():
    def left_top(image: Image.Image) -> torch.Tensor:
        return given_preprocessing(**NORMAL, resize=30)(image.crop((0, 0, 40, 60)))

    np.testing.assert_allclose(visible_part(left_top, (80, 80)), (0, 0, 0.5, 0.75), atol=0.01)


def test_a_preprocessing_that_adds_a_border_is_refused():
    with pytest.raises(LinexpError, match="preprocess: it adds a border to images"):
        visible_part(given_preprocessing(**NORMAL, crop=100), (80, 80))


def test_masks_are_cut_to_a_part_of_the_image():
    masks = np.arange(2 * 8 * 4).reshape(2, 8, 4) % 3 == 0
    image = ImageMasks(np.array([4, 7]), masks, frozenset({"object"}))
    cut = image.cut((0.26, 0.125, 1.0, 0.49))
    np.testing.assert_array_equal(cut.masks, masks[:, 1:4, 1:4])
    assert cut.concepts.tolist() == [4, 7] and cut.categories == {"object"}
    np.testing.assert_array_equal(image.cut((0.01, 0, 0.99, 1)).masks, masks)
