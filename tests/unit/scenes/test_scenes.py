"""The drawn demo images: deterministic, well placed, truthfully labelled."""

from collections import Counter

import numpy as np
import pytest

from linexp import scenes
from linexp.scenes.palette import OBJECT_TONES

SIZE = 64


@pytest.fixture(scope="module")
def drawn() -> list[scenes.Scene]:
    return [scenes.draw_scene(0, index, SIZE) for index in range(1500)]


def _extents(mask: np.ndarray) -> np.ndarray:
    """Height and width of what a mask covers."""
    return np.array([np.ptp(axis) + 1 for axis in np.nonzero(mask)])


def _chroma(rgb: np.ndarray) -> np.ndarray:
    """Colours (..., 3) as points on the plane of hue and saturation (..., 2)."""
    red, green, blue = np.moveaxis(np.asarray(rgb, dtype=np.float64), -1, 0)
    return np.stack((red - (green + blue) / 2, np.sqrt(0.75) * (green - blue)), axis=-1)


def _degrees_apart(first: np.ndarray, second: np.ndarray) -> float:
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def test_a_scene_is_the_same_however_often_and_in_whatever_order_it_is_drawn():
    forwards = {index: scenes.draw_scene(7, index, SIZE) for index in range(12)}
    backwards = {index: scenes.draw_scene(7, index, SIZE) for index in reversed(range(12))}
    for index, scene in forwards.items():
        again = backwards[index]
        assert scene.image.tobytes() == again.image.tobytes()
        assert (scene.label, scene.concepts) == (again.label, again.concepts)
        for one, other in zip(scene.objects, again.objects, strict=True):
            np.testing.assert_array_equal(one.mask, other.mask)


def test_scenes_of_other_seeds_and_indices_differ():
    images = {scenes.draw_scene(seed, index, SIZE).image.tobytes() for seed in range(5) for index in range(5)}
    assert len(images) == 25


@pytest.mark.parametrize("size", [32, 64, 100, 224, 512])
def test_images_and_masks_have_the_size_that_is_asked_for(size):
    scene = scenes.draw_scene(1, 2, size)
    assert (scene.image.mode, scene.image.size) == ("RGB", (size, size))
    for thing in scene.objects:
        assert (thing.mask.dtype, thing.mask.shape) == (np.bool_, (size, size))


def test_the_same_scene_is_drawn_at_every_size():
    small, large = scenes.draw_scene(3, 4, 64), scenes.draw_scene(3, 4, 256)
    assert (small.label, small.concepts) == (large.label, large.concepts)
    difference = np.asarray(small.image, dtype=float) - np.asarray(large.image.reduce(4), dtype=float)
    assert np.abs(difference).mean() < 4


def test_a_scene_has_one_to_three_different_kinds_in_the_expected_shares(drawn):
    counts = Counter(len(scene.objects) for scene in drawn)
    for count, share in ((1, 0.4), (2, 0.35), (3, 0.25)):
        assert counts[count] / len(drawn) == pytest.approx(share, abs=0.05)
    assert all(len({thing.kind for thing in scene.objects}) == len(scene.objects) for scene in drawn)


def test_the_label_is_the_first_object_and_that_is_the_largest(drawn):
    for scene in drawn:
        extents = [_extents(thing.mask).max() for thing in scene.objects]
        assert scenes.CLASS_NAMES[scene.label] == scene.objects[0].kind
        assert extents[0] >= 30
        assert extents[0] == max(extents)


def test_every_object_is_at_least_22_pixels_across_at_64(drawn):
    assert min(_extents(thing.mask).max() for scene in drawn for thing in scene.objects) >= 22


def test_masks_do_not_share_pixels_and_stay_off_the_border(drawn):
    for scene in drawn:
        covered = np.sum([thing.mask for thing in scene.objects], axis=0)
        assert covered.max() == 1
        assert not any(edge.any() for edge in (covered[0], covered[-1], covered[:, 0], covered[:, -1]))


def test_objects_hide_little_of_each_other(drawn):
    boxes_shared = []
    for scene in drawn:
        for i, one in enumerate(scene.objects):
            for other in scene.objects[:i]:
                rows = one.mask.any(axis=1) & other.mask.any(axis=1)
                columns = one.mask.any(axis=0) & other.mask.any(axis=0)
                smaller = min(_extents(one.mask).prod(), _extents(other.mask).prod())
                boxes_shared.append(rows.sum() * columns.sum() / smaller)
    assert max(boxes_shared) <= 0.15


def test_an_object_looks_like_its_colour_in_its_mask(drawn):
    for scene in drawn[:300]:
        pixels = np.asarray(scene.image)
        for thing in scene.objects:
            seen = _chroma(pixels[thing.mask]).mean(axis=0)
            assert _degrees_apart(seen, _chroma(OBJECT_TONES[thing.colour].main)) < 20
            nearest = min(OBJECT_TONES, key=lambda name: _degrees_apart(seen, _chroma(OBJECT_TONES[name].main)))
            assert nearest == thing.colour


def test_every_class_colour_and_background_occurs(drawn):
    mains = Counter(scene.label for scene in drawn)
    others = {thing.kind for scene in drawn for thing in scene.objects[1:]}
    assert set(mains) == set(range(len(scenes.CLASS_NAMES)))
    assert min(mains.values()) >= 0.5 * len(drawn) / len(scenes.CLASS_NAMES)
    assert others == set(scenes.CLASS_NAMES)
    assert {thing.colour for scene in drawn for thing in scene.objects} == set(scenes.COLOURS)
    assert {scene.background for scene in drawn} == set(scenes.BACKGROUNDS)


def test_every_class_occurs_on_every_background(drawn):
    pairs = {(thing.kind, scene.background) for scene in drawn for thing in scene.objects}
    assert len(pairs) == len(scenes.CLASS_NAMES) * len(scenes.BACKGROUNDS)


def test_concepts_are_the_sorted_kinds_colours_and_background(drawn):
    for scene in drawn[:100]:
        names = {scene.background}
        for thing in scene.objects:
            names |= {thing.kind, thing.colour}
        assert scene.concepts == tuple(sorted(names))


def test_names_of_classes_colours_backgrounds_and_superclasses_are_distinct():
    names = (*scenes.CLASS_NAMES, *scenes.COLOURS, *scenes.BACKGROUNDS, *scenes.SUPERCLASSES)
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)
    assert (len(scenes.CLASS_NAMES), len(scenes.COLOURS), len(scenes.BACKGROUNDS)) == (28, 8, 7)


@pytest.mark.parametrize("name", scenes.SUPERCLASSES)
def test_a_superclass_has_several_but_not_all_classes(name):
    members = scenes.SUPERCLASSES[name]
    assert 2 <= len(set(members)) == len(members) < len(scenes.CLASS_NAMES)
    assert set(members) <= set(scenes.CLASS_NAMES)


def test_every_class_has_a_superclass():
    assert set().union(*scenes.SUPERCLASSES.values()) == set(scenes.CLASS_NAMES)
