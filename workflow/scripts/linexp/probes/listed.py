"""Images in one flat folder whose classes are in a list beside it: Places365, and ImageNet's validation images."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from ..errors import LinexpError
from .folders import content_below
from .image_source import ImageSource

PLACES_FOLDERS = ("val_large", "val_256")


class ListedImages(ImageSource):
    """Images of a folder with a class each.

    Parameters
    ----------
    folder
        That the images are in.
    names
        Their file names.
    labels
        Their class numbers.
    class_names
        By class number.
    """

    def __init__(self, folder: Path, names: Sequence[str], labels: Sequence[int], class_names: Sequence[str]):
        self._folder = folder
        self.keys = list(names)
        self.labels = np.array(labels, np.int32)
        self.class_names = list(class_names)

    def content(self, row: int) -> bytes:
        return content_below(self._folder, self.keys[row])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LinexpError(f"{path} cannot be read as text ({type(error).__name__}); get the data set again") from error


def _pairs(path: Path, pattern: str) -> list[tuple[str, int]]:
    """Names and class numbers of a list with one pair a line."""
    pairs = []
    for number, line in enumerate(_lines(path), start=1):
        found = re.fullmatch(pattern, line.strip())
        if found:
            pairs.append((found[1], int(found[2])))
        elif line.strip():
            raise LinexpError(f"{path}: line {number} is not a name and a class number; get the file again")
    return pairs


def open_places365(root: str | Path) -> ListedImages:
    """The validation images of Places365 in torchvision's layout: the lists, and `val_large` or `val_256`.

    A class such as `/a/apartment_building/outdoor` is named `apartment building outdoor`.

    Raises
    ------
    LinexpError
        A list is missing or damaged, or an image that is listed is not there.
    """
    root = Path(root)
    folder = next((root / name for name in PLACES_FOLDERS if (root / name).is_dir()), None)
    if folder is None:
        raise LinexpError(f"{root} has neither {' nor '.join(PLACES_FOLDERS)}; put the validation images there")
    categories = _pairs(root / "categories_places365.txt", r"/\w/(\S+) (\d+)")
    if [number for _, number in categories] != list(range(len(categories))):
        raise LinexpError(f"{root / 'categories_places365.txt'} does not count the classes from 0; get the file again")
    listed = _pairs(root / "places365_val.txt", r"([^/\\\s]+) (\d+)")
    missing = [name for name, _ in listed if not (folder / name).is_file()]
    if missing:
        raise LinexpError(f"{folder} lacks {len(missing)} of {len(listed)} images, such as {missing[0]}; add them")
    names = [re.sub(r"[_/]", " ", name) for name, _ in categories]
    return ListedImages(folder, [name for name, _ in listed], [label for _, label in listed], names)


def open_imagenet(root: str | Path, devkit: str | Path, class_names: Sequence[str] | None) -> ListedImages:
    """ImageNet's validation images as they are distributed: one flat folder, and labels in the development kit.

    Classes are numbered in the order of their WordNet ids, as in torchvision's weights; the kit's order is another.

    Parameters
    ----------
    root
        Folder with `ILSVRC2012_val_00000001.JPEG` and so on; some may be missing.
    devkit
        The unpacked `ILSVRC2012_devkit_t12`.
    class_names
        In the order of the WordNet ids; None for the first words of the kit.

    Raises
    ------
    LinexpError
        The kit is missing or damaged, or has no label for an image.
    """
    root, data = Path(root), Path(devkit) / "data"
    wordnet_ids, words = _imagenet_classes(data / "meta.mat")
    order = sorted(wordnet_ids.values())
    number = {kit_id: order.index(wordnet_id) for kit_id, wordnet_id in wordnet_ids.items()}
    truth = [line for line in _lines(data / "ILSVRC2012_validation_ground_truth.txt") if line.strip()]
    names, labels = sorted(path.name for path in root.glob("ILSVRC2012_val_*.JPEG")), []
    for name in names:
        image = re.fullmatch(r"ILSVRC2012_val_(\d{8})\.JPEG", name)
        if not image or not 1 <= int(image[1]) <= len(truth):
            raise LinexpError(f"{root / name} is none of the {len(truth)} images that {devkit} knows; remove it")
        kit_id = truth[int(image[1]) - 1].strip()
        if not kit_id.isdigit() or int(kit_id) not in number:
            raise LinexpError(f"{data}: the label of {name} is {kit_id!r}, which is no class; get the kit again")
        labels.append(number[int(kit_id)])
    if class_names is not None and len(class_names) != len(order):
        raise LinexpError(f"{devkit} has {len(order)} classes, but {len(class_names)} class names are given; give all")
    return ListedImages(root, names, labels, class_names or [words[wordnet_id] for wordnet_id in order])


def _imagenet_classes(path: Path) -> tuple[dict[int, str], dict[str, str]]:
    """WordNet id by the kit's class number, and first word by WordNet id, of the classes that have no subclasses."""
    try:
        synsets = loadmat(path, squeeze_me=True)["synsets"]
        leaves = [synset for synset in synsets if int(synset["num_children"]) == 0]
        wordnet_ids = {int(synset["ILSVRC2012_ID"]): str(synset["WNID"]) for synset in leaves}
        return wordnet_ids, {str(synset["WNID"]): str(synset["words"]).split(",")[0] for synset in leaves}
    except (OSError, KeyError, IndexError, ValueError, TypeError, MatReadError) as error:
        raise LinexpError(f"{path} cannot be read as the kit's list of classes; get the kit again") from error
