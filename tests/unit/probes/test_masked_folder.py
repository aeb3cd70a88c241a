"""Pixel labels of one's own: masks are read as they were painted, and what does not fit is told in one line."""

import numpy as np
import pytest
from PIL import Image

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.probes.kinds.masked_folder import MaskedPixelLabels
from linexp.probes.pixel_labels import open_pixel_labels
from linexp.probes.sources import further_concepts, missing, open_source, paths

NAMES = ["sky", "grass", "dog"]


@pytest.fixture
def root(tmp_path):
    """Three images, one in a folder, with masks of their size, of half of it, and of nothing."""
    rng = np.random.default_rng(0)
    for number, (name, size) in enumerate({"b.jpg": (8, 6), "a/c.png": (8, 6), "d.jpg": (9, 9)}.items()):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), np.uint8)).save(path)
        save(tmp_path, name, labels_of(number))
    return tmp_path


def labels_of(number: int) -> np.ndarray:
    return [
        np.array([[0, 1, 1, 3], [2, 2, 255, 3], [2, 2, 0, 0]]),
        np.full((12, 16), 2),
        np.array([[0, 255]]),
    ][number].astype(np.uint8)


def save(root, name: str, labels: np.ndarray, mode: str = "P") -> None:
    path = (root / "masks" / name).with_suffix(".png")
    path.parent.mkdir(exist_ok=True, parents=True)
    mask = Image.fromarray(labels)
    if mode == "P":
        mask = mask.convert("P")
        mask.putdata(labels.ravel().tolist())
    mask.convert(mode).save(path)


def entry(place, **more) -> dict:
    return {
        "kind": "masked_folder",
        "root": str(place / "images"),
        "masks": str(place / "masks"),
        "names": NAMES,
        **more,
    }


def test_images_and_masks_go_by_their_paths(root):
    source, labels = open_source(entry(root)), open_pixel_labels(entry(root), None)
    assert source.keys == ["a/c.png", "b.jpg", "d.jpg"] and len(labels) == 3
    assert (source.labels == -1).all() and not source.class_names
    assert labels.concepts == NAMES and set(labels.categories) == {"label"}
    for row, number in enumerate((1, 0, 2)):
        image, painted = labels.masks(row), labels_of(number)
        expected = [label for label in (1, 2, 3) if (painted == label).any()]
        assert (image.concepts + 1).tolist() == expected and image.categories == {"label"}
        assert image.masks.shape == (len(expected), *painted.shape) and image.masks.dtype == bool
        for label, mask in zip(expected, image.masks, strict=True):
            np.testing.assert_array_equal(mask, painted == label)


def test_what_is_anywhere_in_an_image_is_a_label_of_it(root):
    assert list(map(list, further_concepts(open_source(entry(root))))) == [["grass"], NAMES, []]
    alone = {key: value for key, value in entry(root).items() if key not in ("masks", "names")}
    assert not open_source(alone).concepts and open_source(alone).keys == open_source(entry(root)).keys


def test_masks_of_grey_levels_are_read_and_limits_and_files_of_names_count(root):
    save(root, "b.jpg", labels_of(0), "L")
    (root / "names.txt").write_text("sky\ngrass\ndog\n")
    given = entry(root, names=str(root / "names.txt"), limit=2)
    labels = open_pixel_labels(given, None)
    assert labels.concepts == NAMES and (labels.masks(1).concepts + 1).tolist() == [1, 2, 3]
    assert len(open_source(given)) == 2


def test_an_entry_says_what_is_missing_of_it(root):
    assert missing(entry(root)) is None and len(paths(entry(root))) == 2
    assert missing(entry(root, masks="gone")).startswith("masks: gone does not exist; put the images and their masks")
    assert missing(entry(root, root="gone")).startswith("root: gone does not exist; put the images and their masks")


@pytest.mark.parametrize(
    ("labels", "mode", "said"),
    [
        (np.array([[4]], np.uint8), "P", "has label 4, and there are 3 names"),
        (np.zeros((2, 2, 3), np.uint8), "RGB", "has pixels of mode RGB"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(root, labels, mode, said):
    save(root, "b.jpg", labels, mode)
    with pytest.raises(LinexpError, match=rf"masks/b\.png {said}"):
        open_pixel_labels(entry(root), None).masks(1)


def test_a_mask_that_is_missing_or_damaged_is_refused(root):
    (root / "masks/b.png").write_bytes(b"\x89PNG")
    with pytest.raises(LinexpError, match=r"mask .*b\.png cannot be read .*; repair it"):
        open_pixel_labels(entry(root), None).masks(1)
    (root / "masks/b.png").unlink()
    with pytest.raises(LinexpError, match=r"b\.png is not there, the mask of image b\.jpg; add it"):
        open_pixel_labels(entry(root), None).masks(1)


def test_two_images_of_one_mask_are_refused(root):
    (root / "images/b.png").write_bytes((root / "images/b.jpg").read_bytes())
    with pytest.raises(LinexpError, match=r"b\.jpg and b\.png would have the same mask"):
        open_source(entry(root))


@pytest.mark.parametrize(
    ("text", "said"), [("a\n\nb", "line 2 is no name"), ("a\nb\na", "'a' is there twice"), ("", "has 0 names")]
)
def test_names_that_do_not_tell_are_refused(root, text, said):
    (root / "names.txt").write_text(text)
    with pytest.raises(LinexpError, match=said):
        MaskedPixelLabels(root / "images", root / "masks", str(root / "names.txt"))


def test_the_configuration_takes_it_as_a_probe_with_labels_and_pixel_labels(root):
    config = small()
    config["probes"]["scenes"] = entry(root)
    config["methods"]["masks"] = {"kind": "network_dissection"}
    config["targets"]["net"]["methods"] = ["le_label", "masks"]
    config["targets"]["net"] |= {"ablation": {"loss": "kl"}}
    assert checked(config, SCHEMA)["probes"]["scenes"]["names"] == NAMES
