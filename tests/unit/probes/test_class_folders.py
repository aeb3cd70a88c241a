"""Class folders: each is the class that its name says, or an error; what may be meant otherwise is said in the log."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from helpers.images import png
from linexp.errors import LinexpError
from linexp.probes.class_lists import class_names
from linexp.probes.sources import missing, open_source


def folders(root: Path, *names: str, **further) -> dict:
    """An entry of folders with an image each."""
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "a.png").write_bytes(png(1))
    return {"kind": "image_folder", "root": str(root), **further}


def classes_of(entry: dict) -> dict[str, str]:
    """The class name of each folder."""
    source = open_source(entry)
    return {key.split("/")[0]: source.class_names[label] for key, label in zip(source.keys, source.labels, strict=True)}


def numbered(n: int, first: int = 0) -> list[str]:
    return [str(number) for number in range(first, first + n)]


NAMES = [f"{letter}{other}" for letter in "zyxw" for other in "abcdefghijklm"]
"""52 names whose order is not that of the alphabet."""


def test_a_thousand_folders_with_imagenet_s_class_numbers_are_those_classes(tmp_path):
    names = class_names("imagenet1k")
    found = classes_of(folders(tmp_path, *numbered(1000), class_names="imagenet1k"))
    assert found == {str(number): name for number, name in enumerate(names)}


@pytest.mark.parametrize("first", [0, 1])
def test_folders_that_are_counted_have_the_names_of_a_list_in_the_order_of_the_numbers(tmp_path, first):
    found = classes_of(folders(tmp_path, *numbered(52, first), class_names=NAMES))
    assert found == dict(zip(numbered(52, first), NAMES, strict=True))


def test_folders_that_are_counted_are_the_model_s_class_numbers_without_names_too(tmp_path):
    source = open_source(folders(tmp_path, *numbered(12)))
    assert [source.labels[source.keys.index(f"{number}/a.png")] for number in range(12)] == list(range(12))
    assert source.class_names == numbered(12)
    assert source.remarks() == [f"{tmp_path}: folders are in the order of their numbers: class 2 is 2, not 10"]


@pytest.mark.parametrize("numbers", [["0", "5", "10"], ["2", "3", "10"], ["8", "9", "10", "11"]])
def test_numbers_with_gaps_or_another_beginning_are_no_places_in_a_list(tmp_path, numbers):
    entry = folders(tmp_path, *numbers)
    with pytest.raises(LinexpError, match=r"the folders are numbers, but .* '1[01]' may be any class; write all with"):
        open_source(entry | {"class_names": NAMES[: len(numbers)]})
    assert classes_of(entry) == {number: number for number in numbers}


@pytest.mark.parametrize(
    "names", [["05", "10", "20"], ["n01440764", "n01443537", "n01484850"], ["1990", "1991", "2003"]]
)
def test_names_of_as_many_digits_are_in_the_order_of_a_list_as_ever(tmp_path, names):
    assert classes_of(folders(tmp_path, *names, class_names=NAMES[:3])) == dict(zip(names, NAMES, strict=False))


def test_wordnet_ids_of_all_of_imagenet_are_its_classes(tmp_path):
    ids = [f"n{number:08d}" for number in sorted(np.random.default_rng(0).choice(15_000_000, 1000, replace=False))]
    found = classes_of(folders(tmp_path, *ids, class_names="imagenet1k"))
    assert found == dict(zip(ids, class_names("imagenet1k"), strict=True))


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["cat", "dog"], ["dog", "cat"]),
        (["aquarium_fish", "Bee", "cow"], ["cow", "aquarium fish", "bee"]),
        (["0", "1", "10", "2"], ["0", "1", "10", "2"]),
        (["n02", "n01"], ["n02", "n01"]),
    ],
)
def test_folders_with_the_class_names_are_those_classes_in_whatever_order(tmp_path, names, given):
    source = open_source(folders(tmp_path, *names, class_names=given))
    assert source.class_names == given
    for key, label in zip(source.keys, source.labels, strict=True):
        assert key.split("/")[0].replace("_", " ").lower() == given[label]


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["wolf", "cat"], "folder 1 is 'cat', but class name 1 is 'wolf'"),
        (["wolf", "Cat"], "folder 1 is 'cat', but class name 1 is 'wolf'"),
    ],
)
def test_a_class_name_of_another_folder_is_refused(tmp_path, names, place):
    entry = folders(tmp_path, "dog", "cat")
    with pytest.raises(LinexpError, match=f"{place}; give the class names in the order of the folder names there"):
        open_source(entry | {"class_names": names})


def parted(name: str) -> str:
    """With accents as characters of their own, as macOS and some archives write names of files."""
    return unicodedata.normalize("NFD", name)


@pytest.mark.parametrize("is_file", [True, False])
def test_accents_are_the_same_as_characters_of_their_own(tmp_path, is_file):
    names = ["été", "Äpfel", "が"]
    entry = folders(tmp_path / "images", *map(parted, names))
    (tmp_path / "names.txt").write_text("\n".join(map(parted, names)), encoding="utf-8")
    found = classes_of(entry | {"class_names": str(tmp_path / "names.txt") if is_file else names})
    assert found == {parted(name): name for name in names}
    assert sorted(open_source(entry).class_names) == sorted(names)
    with pytest.raises(
        LinexpError, match=r"folder 1 is .* but class name 1 is 'が'; give the class names in the order"
    ):
        open_source(entry | {"class_names": ["が", "Äpfel", "hiver"]})


@pytest.mark.parametrize("names", [["train", "test"], ["Training", "validation"], ["val"]])
def test_folders_that_are_called_as_splits_are_said_to_be_taken_for_classes(tmp_path, names):
    (remark,) = open_source(folders(tmp_path, *names, limit=1)).remarks()
    assert remark.startswith(
        f"{tmp_path}: {', '.join(sorted(names))} are taken for classes; if they are parts of a data"
    )


@pytest.mark.parametrize("names", [["train", "car"], ["cat", "dog"]])
def test_of_other_folders_there_is_nothing_to_say(tmp_path, names):
    assert open_source(folders(tmp_path, *names)).remarks() == []


def test_images_of_all_suffixes_of_the_formats_are_read_and_other_files_counted(tmp_path):
    entry = folders(tmp_path, "cat")
    for name in ("b.pgm", "c.PPM", "d.pbm", "e.pnm"):
        magic = {".pbm": b"P1 1 1 1", ".pgm": b"P5 1 1 255\n\0"}.get(Path(name).suffix, b"P6 1 1 255\n\0\0\0")
        (tmp_path / "cat" / name).write_bytes(magic)
    for name in ("f.jfif", "g.jpe", "h.apng", "i.heic", "notes.txt", ".hidden.txt"):
        (tmp_path / "cat" / name).write_bytes(png(2))
    (tmp_path / "README").touch()
    source = open_source(entry)
    assert [key[4:] for key in source.keys] == [
        *("a.png", "b.pgm", "c.PPM", "d.pbm", "e.pnm", "f.jfif", "g.jpe", "h.apng"),
    ]
    for row in range(len(source)):
        assert source.image(row).mode == "RGB"
    assert source.remarks() == [f"{tmp_path}: no images by their names: 3 files, such as README"]


# --- lists of names


@pytest.mark.parametrize(
    "lines",
    [
        ["/a/airfield 0", "/a/alley 1"],
        ["alley 2", "airfield 1"],
        ["0: tench", "1: goldfish"],
        ["1. tench", "2. goldfish", "3. 40 winks"],
        ["tench,1", "goldfish,0"],
        ["n01440764 tench", "n01443537 goldfish"],
        ["n01440764,tench"],
    ],
)
@pytest.mark.parametrize("is_file", [True, False])
def test_names_with_numbers_beside_them_are_refused(tmp_path, lines, is_file):
    (tmp_path / "names.txt").write_text("\n".join(lines))
    place = str(tmp_path / "names.txt") if is_file else "class_names"
    with pytest.raises(LinexpError) as caught:
        class_names(place if is_file else lines)
    assert str(caught.value).startswith(f"{place}: {lines[0]!r} is a name with a number; write the names alone")


@pytest.mark.parametrize(
    "names",
    [
        ["class 0", "class 1"],
        ["0", "1", "2"],
        ["n01440764", "n01443537"],
        ["boeing 747", "boeing 737"],
        ["airfield 0", "alley"],
        ["7 up", "49 er"],
    ],
)
def test_names_that_have_numbers_in_them_are_kept(names):
    assert class_names(names) == names


def test_imagenet_in_a_flat_folder_is_pointed_to_its_kind(tmp_path):
    for number in (1, 2):
        (tmp_path / f"ILSVRC2012_val_0000000{number}.JPEG").write_bytes(png(number))
    entry = folders(tmp_path)
    assert open_source(entry).remarks() == [
        f"{tmp_path}: ImageNet's images as they are distributed have no classes here; "
        "give `kind: imagenet` and its devkit for the labels"
    ]
    said = f"class_names: {tmp_path} has no folders for them; make one a class, give `kind: imagenet` for ImageNet as"
    assert missing(entry | {"class_names": "imagenet1k"}).startswith(said)
    with pytest.raises(LinexpError, match="has no folders for them"):
        open_source(entry | {"class_names": ["cat", "dog"]})


def test_other_flat_folders_are_pointed_to_nothing(tmp_path):
    (tmp_path / "holiday.png").write_bytes(png(1))
    assert open_source(folders(tmp_path)).remarks() == []
