"""Places365 and ImageNet validation images in their official layouts, on small folders of the same kind."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from linexp.errors import LinexpError
from linexp.probes.listed import open_imagenet, open_places365
from linexp.probes.sources import missing, open_source


def jpeg(colour: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (colour, 0, 0)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def places(tmp_path):
    (tmp_path / "val_256").mkdir()
    for number in range(1, 5):
        (tmp_path / f"val_256/Places365_val_{number:08d}.jpg").write_bytes(jpeg(number * 40))
    (tmp_path / "categories_places365.txt").write_text(
        "/a/airfield 0\n/a/apartment_building/outdoor 1\n/z/zen_garden 2\n"
    )
    listed = [f"Places365_val_{number:08d}.jpg {label}" for number, label in ((1, 2), (2, 0), (3, 1), (4, 2))]
    (tmp_path / "places365_val.txt").write_text("\n".join(listed) + "\n")
    return tmp_path


def test_places365(places):
    source = open_places365(places)
    assert source.class_names == ["airfield", "apartment building outdoor", "zen garden"]
    assert source.labels.tolist() == [2, 0, 1, 2] and source.labels.dtype == np.int32
    assert source.keys[1] == "Places365_val_00000002.jpg"
    assert abs(source.image(1).getpixel((4, 4))[0] - 80) < 5


def test_large_images_of_places365_are_preferred(places):
    (places / "val_256").rename(places / "val_large")
    assert open_places365(places).content(0) == (places / "val_large/Places365_val_00000001.jpg").read_bytes()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("places365_val.txt", "Places365_val_00000001.jpg\n", "line 1 is not a name and a class number"),
        ("places365_val.txt", "../../secret.jpg 1\n", "line 1 is not a name and a class number"),
        ("places365_val.txt", "Places365_val_00000009.jpg 1\n", "lacks 1 of 1 images, such as Places365_val_00000009"),
        ("categories_places365.txt", "/a/airfield 1\n", "does not count the classes from 0"),
        ("categories_places365.txt", None, "cannot be read as text"),
    ],
)
def test_damaged_lists_of_places365_are_told_in_one_line(file, content, message, places):
    (places / file).unlink() if content is None else (places / file).write_text(content)
    with pytest.raises(LinexpError, match=message) as error:
        open_places365(places)
    assert "\n" not in str(error.value) and ";" in str(error.value)


def test_both_open_through_the_configuration(places, imagenet):
    assert len(open_source({"kind": "places365", "root": str(places), "limit": 3})) == 3
    entry = {"kind": "imagenet", "root": str(imagenet / "val"), "devkit": str(imagenet / "kit")}
    assert len(open_source(entry)) == 3
    assert missing({**entry, "devkit": "gone"}).startswith("devkit: gone does not exist; get ILSVRC2012_img_val")


def test_places365_without_images(tmp_path):
    with pytest.raises(LinexpError, match="has neither val_large nor val_256"):
        open_places365(tmp_path)


SYNSETS = [  # in the kit's order, which is not that of the WordNet ids; the last one has subclasses
    (1, "n02119789", "kit fox, Vulpes macrotis", 0),
    (2, "n01440764", "tench, Tinca tinca", 0),
    (3, "n02100735", "English setter", 0),
    (4, "n00001740", "entity", 3),
]


@pytest.fixture
def imagenet(tmp_path):
    kinds = [("ILSVRC2012_ID", "i4"), ("WNID", "O"), ("words", "O"), ("num_children", "i4")]
    (tmp_path / "kit/data").mkdir(parents=True)
    savemat(tmp_path / "kit/data/meta.mat", {"synsets": np.array(SYNSETS, dtype=kinds)})
    (tmp_path / "kit/data/ILSVRC2012_validation_ground_truth.txt").write_text("2\n1\n3\n1\n")
    (tmp_path / "val").mkdir()
    for number in (1, 2, 4):
        (tmp_path / f"val/ILSVRC2012_val_{number:08d}.JPEG").write_bytes(jpeg(number * 40))
    return tmp_path


def test_imagenet_is_numbered_by_wordnet_ids(imagenet):
    source = open_imagenet(imagenet / "val", imagenet / "kit", None)
    assert source.class_names == ["tench", "English setter", "kit fox"]
    assert source.labels.tolist() == [0, 2, 2], "the third image is not there"
    assert open_imagenet(imagenet / "val", imagenet / "kit", ["a", "b", "c"]).class_names == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "kit/data/meta.mat").write_bytes(b"no matlab"), "cannot be read as the kit's list"),
        (lambda root: (root / "kit/data/meta.mat").unlink(), "cannot be read as the kit's list"),
        (lambda root: (root / "val/ILSVRC2012_val_00000005.JPEG").touch(), "none of the 4 images"),
        (lambda root: (root / "val/ILSVRC2012_val_1.JPEG").touch(), "none of the 4 images"),
        (
            lambda root: (root / "kit/data/ILSVRC2012_validation_ground_truth.txt").write_text("4\n1\n3\n1\n"),
            "the label of ILSVRC2012_val_00000001.JPEG is '4', which is no class",
        ),
    ],
)
def test_a_damaged_kit_is_told_in_one_line(change, message, imagenet):
    change(imagenet)
    with pytest.raises(LinexpError, match=message) as error:
        open_imagenet(imagenet / "val", imagenet / "kit", None)
    assert "\n" not in str(error.value) and ";" in str(error.value)


def test_class_names_that_do_not_fit_the_kit(imagenet):
    with pytest.raises(LinexpError, match="has 3 classes, but 2 class names"):
        open_imagenet(imagenet / "val", imagenet / "kit", ["a", "b"])
