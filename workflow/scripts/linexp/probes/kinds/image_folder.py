"""One folder a class, or a flat folder of images without labels."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import LinexpError
from ..class_lists import check_order, spelled_alike
from ..folders import content_below, is_hidden, walk
from ..image_source import NO_CLASS, ImageSource
from .kind import Kind

IMAGE_SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
}
"""Of the formats that are decoded, all that Pillow knows, but .pfm: it has numbers that are not whole."""
_IMAGENET = "ILSVRC2012_"
"""What the names of ImageNet's images begin with, as they are distributed."""
_SPLITS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}
KEYS = """
description: >-
  One folder a class, in the order of their names, or of their numbers where all are whole numbers; if the class names
  are those of the folders, in the order of the class names. Or a flat folder of images without labels. Links to folders
  are followed. JPEG, PNG, WebP, BMP, TIFF, GIF or PPM, with 8 bits a channel, PNG with 16 too.
required: [root]
properties:
  root: {description: Path; environment variables are filled in., type: string, examples: [data/imagenet/val]}
  origin: {
    description: "Where the images come from: said where they are missing.",
    type: string, examples: [image-net.org (ILSVRC2012_img_val)]
  }
  class_names: {$ref: "#/$defs/class_names"}
  superclasses: {$ref: "#/$defs/superclasses"}
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""


def images_below(folder: Path, root: Path) -> list[str]:
    """The images in a folder at or below a root, and in the folders in it, by their paths from the root."""
    return [
        Path(place, name).relative_to(root).as_posix()
        for place, names in walk(folder)
        for name in names
        if _is_image(Path(place, name)) and not any(map(is_hidden, Path(place).relative_to(root).parts))
    ]


class FolderImages(ImageSource):
    """One folder a class, or a flat folder of images without classes.

    Parameters
    ----------
    root
        The folder with all of them.
    class_names
        By class number, as many as there are class folders; None for the names of these.

    Raises
    ------
    LinexpError
        Which folder has which class number cannot be told, or a class has no images.
    """

    def __init__(self, root: str | Path, class_names: Sequence[str] | None = None):
        self._root = Path(root)
        if not self._root.is_dir():
            raise LinexpError(f"{root} is not a folder; give the folder that the images are in")
        names = sorted(path.name for path in self._root.iterdir() if path.is_dir() and not is_hidden(path.name))
        self._folders = folders = _in_order(names, class_names, root)
        self.class_names = list(class_names or [unicodedata.normalize("NFC", name) for name in folders])
        if len(self.class_names) != len(folders):
            raise LinexpError(
                f"{root} has {len(folders)} class folders, but {len(self.class_names)} class names are given; "
                "there has to be one name a folder, in the order of the folders' names"
            )
        check_order(class_names, folders, str(root), "folder")
        flat = self._images_in(self._root)
        if folders and flat:
            raise LinexpError(f"{root} has both class folders and images such as {flat[0]}; move the images away")
        files = [(name, number) for number, folder in enumerate(folders) for name in self._images_below(folder)]
        files = files or [(name, NO_CLASS) for name in flat]
        self.keys = [name for name, _ in files]
        self.labels = np.array([number for _, number in files], np.int32)

    def _images_in(self, folder: Path) -> list[str]:
        names = (p.relative_to(self._root).as_posix() for p in folder.iterdir() if _is_image(p))
        return sorted(names)

    def remarks(self) -> list[str]:
        return [*_odd_folders(self._folders, self._root), *self._flat_imagenet(), *self._others()]

    def _flat_imagenet(self) -> list[str]:
        if self._folders or not self.keys or not self.keys[0].startswith(_IMAGENET):
            return []
        remedy = "give `kind: imagenet` and its devkit for the labels"
        return [f"{self._root}: ImageNet's images as they are distributed have no classes here; {remedy}"]

    def _others(self) -> list[str]:
        """A line on the files that are taken for no images, where there are any."""
        found = (Path(place, name).relative_to(self._root) for place, names in walk(self._root) for name in names)
        others = [path for path in found if not any(map(is_hidden, path.parts)) and not _has_suffix(path)]
        first = min(others, default=Path()).as_posix()
        return [f"{self._root}: no images by their names: {len(others)} files, such as {first}"] if others else []

    def _images_below(self, folder: str) -> list[str]:
        found = images_below(self._root / folder, self._root)
        if not found:
            raise LinexpError(f"{self._root / folder} has no images; remove the folder or fill it")
        return sorted(found)

    def content(self, row: int) -> bytes:
        return content_below(self._root, self.keys[row])


def _in_order(folders: Sequence[str], class_names: Sequence[str] | None, root: str | Path) -> list[str]:
    """The class folders in the order of their class numbers.

    By name where the class names are those of the folders; else by number where all are whole numbers, so that 10 does
    not come behind 1; else as text.
    """
    named = {spelled_alike(folder): folder for folder in folders}
    if class_names and len(named) == len(class_names) and set(map(spelled_alike, class_names)) == set(named):
        return [named[spelled_alike(name)] for name in class_names]
    if not _are_numbers(folders):
        return list(folders)
    by_number = sorted(folders, key=int)
    counted = [int(folder) - int(by_number[0]) for folder in by_number] == list(range(len(folders)))
    if class_names and by_number != list(folders) and not (counted and int(by_number[0]) in (0, 1)):
        raise LinexpError(
            f"{root}: the folders are numbers, but neither from 0 nor from 1 on without a gap, so {by_number[-1]!r} "
            "may be any class; write all with as many digits, in the order of the class names"
        )
    return by_number


def _are_numbers(folders: Sequence[str]) -> bool:
    return bool(folders) and all(folder.isascii() and folder.isdigit() for folder in folders)


def _odd_folders(folders: Sequence[str], root: str | Path) -> list[str]:
    """Lines on class folders, in the order of their classes, that may be meant otherwise."""
    lines = []
    if folders and {name.lower() for name in folders} <= _SPLITS:
        named = ", ".join(folders)
        lines.append(
            f"{root}: {named} are taken for classes; if they are parts of a data set, give one of them as root"
        )
    moved = [(number, name) for number, name in enumerate(sorted(folders)) if folders[number] != name]
    if moved and _are_numbers(folders):
        number, name = moved[0]
        lines.append(
            f"{root}: folders are in the order of their numbers: class {number} is {folders[number]}, not {name}"
        )
    return lines


def _is_image(path: Path) -> bool:
    """Whether a path is an image by its name; a link that leads nowhere is one that cannot be read."""
    is_file = path.is_file() or not path.exists()
    return is_file and _has_suffix(path) and not is_hidden(path.name)


def _has_suffix(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def _has_folders(root: str) -> bool:
    with os.scandir(root) as found:
        return any(entry.is_dir() and not is_hidden(entry.name) for entry in found)


KIND = Kind(
    keys=KEYS,
    how_to_get="put the images there, one folder a class, or change root",
    labels=lambda _entry: {"classes"},
    open=lambda _entry, paths, class_names: FolderImages(paths[0], class_names),
    has_classes=_has_folders,
)
