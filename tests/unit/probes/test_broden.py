"""Broden on a small folder of its own layout: images, concepts and masks, against a loop over every pixel."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linexp.errors import LinexpError
from linexp.probes.broden import BrodenImages, BrodenPixelLabels
from linexp.probes.broden_names import readable_name
from linexp.probes.sources import further_concepts, has_classes, missing, open_source, possible_labels

CATEGORIES = ["color", "object", "part", "material", "scene", "texture"]
HEIGHT, WIDTH = 6, 9
LABELS = {  # number: name as in label.csv, categories; as in Broden, a name may be marked and be of two categories
    1: ("black-c", ["color"]),
    2: ("grey-c", ["color"]),
    12: ("street", ["object"]),
    20: ("fabric", ["material", "object"]),
    255: ("arm", ["part"]),
    256: ("door", ["object", "part"]),
    300: ("street-s", ["scene"]),
    513: ("door_frame", ["part"]),
    700: ("polka-dotted", ["texture"]),
    701: ("banded", ["texture"]),
    1024: ("apartment_building-outdoor-s", ["scene"]),
}
IMAGES = {  # what stands in each cell: numbers for the whole image, tuples for the labels that a PNG is drawn with
    "ade20k/a_1.jpg": {"color": [(1, 2)], "object": [(0, 12, 256)], "part": [(0, 255), (0, 513, 256)], "scene": [300]},
    "ade20k/a_2.jpg": {"color": [(1, 2)], "object": [(0, 12, 20)], "scene": [1024, 300]},
    "dtd/g 0106.jpg": {"color": [(2,)], "texture": [701, 700]},
    "opensurfaces/7.jpg": {"color": [(0, 1)], "material": [(0, 20)], "object": [(0,)], "scene": [0]},
    "opensurfaces/8.jpg": {},
}


def write_csv(path: Path, columns: list[str], rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def encoded(labels: np.ndarray) -> Image.Image:
    red, green = labels % 256, labels // 256
    return Image.fromarray(np.stack([red, green, np.zeros_like(red)], axis=-1).astype(np.uint8))


@pytest.fixture
def root(tmp_path) -> Path:
    rng, rows = np.random.default_rng(3), []
    for name, cells in IMAGES.items():
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        photo = rng.integers(0, 256, (2 * HEIGHT, 2 * WIDTH, 3), np.uint8)
        Image.fromarray(photo).save(tmp_path / "images" / name)
        row = {"image": name, "split": "train", "ih": 2 * HEIGHT, "iw": 2 * WIDTH, "sh": HEIGHT, "sw": WIDTH}
        for category, items in cells.items():
            written = []
            for layer, item in enumerate(items, start=1):
                written.append(str(item))
                if isinstance(item, tuple):
                    written[-1] = name.replace(".jpg", f"_{category}_{layer}.png")
                    encoded(rng.choice(item, (HEIGHT, WIDTH))).save(tmp_path / "images" / written[-1])
            row[category] = ";".join(written)
        rows.append(row)
    write_csv(tmp_path / "index.csv", ["image", "split", "ih", "iw", "sh", "sw", *CATEGORIES], rows)
    labels = [
        {"number": number, "name": name, "category": ";".join(f"{category}(3)" for category in of), "frequency": 3}
        for number, (name, of) in LABELS.items()
    ]
    write_csv(tmp_path / "label.csv", ["number", "name", "category", "frequency", "coverage", "syns"], labels)
    write_csv(
        tmp_path / "category.csv", ["name", "first", "last", "count", "frequency"], [{"name": c} for c in CATEGORIES]
    )
    return tmp_path


def literal_masks(root: Path, row: int) -> dict[tuple[str, int], np.ndarray]:
    """The masks of an image by category and label number, from the files alone, pixel by pixel."""
    with (root / "index.csv").open(newline="", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))[row]
    found: dict[tuple[str, int], np.ndarray] = {}
    for category in CATEGORIES:
        for item in filter(None, listed[category].split(";")):
            image = None if item.isdigit() else Image.open(root / "images" / item)
            for y, x in itertools.product(range(HEIGHT), range(WIDTH)):
                red, green, _ = image.getpixel((x, y)) if image else (int(item) % 256, int(item) // 256, 0)
                if red + 256 * green:
                    mask = found.setdefault((category, red + 256 * green), np.zeros((HEIGHT, WIDTH), bool))
                    mask[y, x] = True
    return found


READABLE = {n: readable_name(name) for n, (name, _) in LABELS.items()}


def test_masks_are_those_of_a_loop_over_every_pixel(root):
    labels = BrodenPixelLabels(root)
    assert len(labels) == len(IMAGES)
    seen = set()
    for row in range(len(IMAGES)):
        expected, found = literal_masks(root, row), labels.masks(row)
        assert found.masks.dtype == bool and found.masks.shape == (len(expected), HEIGHT, WIDTH)
        assert len(set(found.concepts.tolist())) == len(found.concepts) == len(expected)
        for concept, mask in zip(found.concepts, found.masks, strict=True):
            (number,) = (
                n for c, n in expected if (c, READABLE[n]) == (labels.categories[concept], labels.concepts[concept])
            )
            np.testing.assert_array_equal(mask, expected[labels.categories[concept], number])
            seen.add(number)
        assert found.categories == {category for category, _ in expected}
    assert seen == set(LABELS), "the folder shows every label, those above 255 too"


def test_a_label_of_two_categories_and_labels_of_one_name_are_concepts_of_their_own(root):
    labels = BrodenPixelLabels(root)
    pairs = list(zip(labels.concepts, labels.categories, strict=True))
    assert len(pairs) == len(set(pairs)) == sum(len(of) for _, of in LABELS.values())
    assert {("fabric", "material"), ("fabric", "object"), ("street", "object"), ("street", "scene")} <= set(pairs)
    assert labels.masks(3).categories == {"color", "material"}, "an image without a label of objects and scenes"
    assert not labels.masks(3).concepts.tolist().count(pairs.index(("fabric", "object")))
    assert labels.masks(4).masks.shape == (0, HEIGHT, WIDTH) and labels.masks(4).categories == frozenset()


def test_two_layers_of_a_category_are_one_mask_a_concept(root):
    paths = [root / f"images/ade20k/a_1_part_{layer}.png" for layer in (1, 2)]
    for path, columns in zip(paths, (slice(0, 3), slice(2, 5)), strict=True):
        drawn = np.zeros((HEIGHT, WIDTH), int)
        drawn[:, columns] = 513
        encoded(drawn).save(path)
    labels = BrodenPixelLabels(root)
    found = labels.masks(0)
    (mask,) = (m for c, m in zip(found.concepts, found.masks, strict=True) if labels.concepts[c] == "door frame")
    assert mask[:, :5].all() and not mask[:, 5:].any()


def test_images_have_concepts_and_no_classes(root):
    entry = {"kind": "broden", "root": str(root)}
    source = open_source(entry)
    assert list(source.keys) == list(IMAGES) and list(source.class_names) == []
    assert source.labels.tolist() == [-1] * 5 and source.labels.dtype == np.int32
    assert source.content(2) == (root / "images/dtd/g 0106.jpg").read_bytes()
    assert source.image(2).size == (2 * WIDTH, 2 * HEIGHT)
    expected = [sorted({READABLE[number] for _, number in literal_masks(root, row)}) for row in range(5)]
    assert list(source.concepts) == further_concepts(source, threads=2) == expected
    assert expected[2] == ["banded", "grey", "polka-dotted"] and "apartment building-outdoor" in expected[1]
    assert not has_classes(entry) and possible_labels(entry) == {"concepts"}
    limited = open_source(entry | {"limit": 2})
    assert further_concepts(limited) == expected[:2]


def test_label_images_are_read_only_when_the_concepts_are_asked_for(root):
    for path in root.glob("images/*/*.png"):
        path.unlink()
    source = open_source({"kind": "broden", "root": str(root)})
    assert [source.image(row).mode for row in range(5)] == ["RGB"] * 5
    with pytest.raises(LinexpError, match=r"index.csv: line 2: ade20k/a_1_color_1.png cannot be read"):
        further_concepts(source)


def test_a_folder_that_is_not_there_is_said_with_its_source(root):
    entry = {"kind": "broden", "root": str(root / "gone")}
    assert "gone does not exist; get netdissect.csail.mit.edu/data/broden1_224.zip" in missing(entry)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("red-c", "red"),
        ("alley-s", "alley"),
        ("polka-dotted", "polka-dotted"),
        ("car_interior-backseat-s", "car interior-backseat"),
    ],
)
def test_marks_and_underscores_are_taken_off_names(label, name):
    assert readable_name(label) == name


def replace(file: str, old: str, new: str):
    def change(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")

    return change


def save(image: Image.Image, path: str = "images/ade20k/a_2_object_1.png"):
    return lambda root: image.save(root / path)


def sized(height: int, width: int, label: int = 0) -> Image.Image:
    return encoded(np.full((height, width), label))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "index.csv").unlink(), r"index.csv cannot be read \(No such file"),
        (lambda root: (root / "label.csv").write_bytes(b"\xff\xfe"), r"label.csv cannot be read \("),
        (replace("index.csv", ",texture", ",weather"), r"index.csv has the columns .*weather, not .*texture"),
        (replace("index.csv", ",texture", ",texture,weather"), r"index.csv has the columns .*weather, not"),
        (replace("index.csv", ",sh,", ",height,"), "index.csv has the columns image,split,ih,iw,height"),
        (replace("label.csv", "number", "code"), "label.csv has the columns code,name"),
        (replace("category.csv", "name", "category"), "category.csv has the columns category,first"),
        (replace("index.csv", "train,", ""), "index.csv: line 2 has more or fewer cells"),
        (replace("index.csv", "300", "300,1,1"), "index.csv: line 2 has more or fewer cells"),
        (replace("index.csv", ",6,9,", ",6,-9,"), "index.csv: line 2: sh and sw are '6' and '-9'"),
        (
            replace("index.csv", "701;700", "701;702"),
            "index.csv: line 4: label.csv has no label 702 of category texture",
        ),
        (replace("index.csv", "701;700", "701;1"), "index.csv: line 4: label.csv has no label 1 of category texture"),
        (replace("label.csv", "\n2,", "\ntwo,"), "label.csv: line 3 is not a number from 1 on"),
        (replace("label.csv", "\n2,", "\n0,"), "label.csv: line 3 is not a number from 1 on"),
        (replace("label.csv", "object(3);part(3)", "object(3);sound(1)"), "label.csv: line 7 is not .* categories"),
        (replace("label.csv", "street-s", "-s"), "label.csv: line 8 is not .* a name"),
        (replace("label.csv", "\n2,", "\n1,"), "label.csv has a number twice"),
        (replace("index.csv", "dtd/g 0106.jpg", "../index.csv"), r"line 4: '../index.csv' is no path below images"),
        (replace("index.csv", "dtd/g 0106.jpg", "/etc/passwd"), "line 4: '/etc/passwd' is no path below images"),
        (
            replace("index.csv", "dtd/g 0106.jpg", "dtd/../../x.jpg"),
            "line 4: 'dtd/../../x.jpg' is no path below images",
        ),
        (replace("index.csv", "dtd/g 0106.jpg", ""), "line 4: '' is no path below images"),
        (replace("index.csv", "dtd/g 0106_color_1.png", "../../x.png"), "line 4: '../../x.png' is no path below"),
        (replace("index.csv", "dtd/g 0106_color_1.png", "C:\\x.png"), "line 4: .* is no path below images"),
        (save(sized(WIDTH, HEIGHT)), "line 3: ade20k/a_2_object_1.png has 9×6 pixels, but sh×sw is 6×9"),
        (save(sized(HEIGHT, WIDTH).convert("L")), "line 3: ade20k/a_2_object_1.png has pixels of mode L, not RGB"),
        (save(sized(HEIGHT, WIDTH, 5)), "a_2_object_1.png: label.csv has no label 5 of category object"),
        (save(sized(HEIGHT, WIDTH, 513)), "a_2_object_1.png: label.csv has no label 513 of category object"),
        (lambda root: (root / "images/ade20k/a_2_object_1.png").unlink(), "line 3: ade20k/a_2_object_1.png cannot be"),
        (lambda root: (root / "images/ade20k/a_2_object_1.png").write_bytes(b"no"), "cannot be read .Unidentified"),
        (
            lambda root: (root / "images/dtd/g 0106.jpg").unlink(),
            r"image dtd/g 0106.jpg cannot be read .*index.csv: line 4",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(root, change, message):
    change(root)

    def read_all() -> None:
        source, labels = BrodenImages(root), BrodenPixelLabels(root)
        for row in range(len(source)):
            source.image(row)
            labels.masks(row)

    with pytest.raises(LinexpError, match=message) as error:
        read_all()
    assert "\n" not in str(error.value) and str(error.value).endswith("; unpack Broden again")
