"""Pixel labels of drawn scenes are what is drawn, and masks are cut to a part of the image."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from linexp import scenes
from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.probes import pixel_labels
from linexp.probes.masks import ImageMasks
from linexp.probes.pixel_labels import ScenePixelLabels, open_pixel_labels
from linexp.scenes.data import draw_masks

N, SIZE, SEED = 40, 48, 5


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
    with pytest.raises(
        LinexpError, match="kind cifar100 has no pixel labels; take one of kind broden, masked_folder or scenes"
    ):
        open_pixel_labels({"kind": "cifar100", "root": "data"}, None)


def test_masks_are_cut_to_a_part_of_the_image():
    masks = np.arange(2 * 8 * 4).reshape(2, 8, 4) % 3 == 0
    image = ImageMasks(np.array([4, 7]), masks, frozenset({"object"}))
    cut = image.cut((0.26, 0.125, 1.0, 0.49))
    np.testing.assert_array_equal(cut.masks, masks[:, 1:4, 1:4])
    assert cut.concepts.tolist() == [4, 7] and cut.categories == {"object"}
    np.testing.assert_array_equal(image.cut((0.01, 0, 0.99, 1)).masks, masks)
