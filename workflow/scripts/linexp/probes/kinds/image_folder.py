"""One folder a class, or a flat folder of images without labels."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import LinexpError
from ..image_source import NO_CLASS, ImageSource
from .kind import Kind

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm"}
KEYS = """
description: >-
  One folder a class, in the order of their names; or a flat folder of images without labels. JPEG, PNG, WebP, BMP,
  TIFF, GIF or PPM, with 8 bits a channel.
required: [root]
properties:
  root: {description: Path; environment variables are filled in., type: string, examples: [data/imagenet/val]}
  origin: {
    description: "Where the images come from: said where they are missing.",
    type: string, examples: [image-net.org (ILSVRC2012_img_val)]
  }
  class_names: {$ref: "#/$defs/class_names"}
  superclasses: {$ref: "#/$defs/superclasses"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""


class FolderImages(ImageSource):
    """One folder a class, in the order of their names; or a flat folder of images without classes."""

    def __init__(self, root: str | Path, class_names: Sequence[str] | None = None):
        self._root = Path(root)
        if not self._root.is_dir():
            raise LinexpError(f"{root} is not a folder; give the folder that the images are in")
        folders = sorted(path.name for path in self._root.iterdir() if path.is_dir() and not _is_hidden(path.name))
        self.class_names = list(class_names or folders)
        if len(self.class_names) != len(folders):
            raise LinexpError(
                f"{root} has {len(folders)} class folders, but {len(self.class_names)} class names are given; "
                "there has to be one name a folder, in the order of the folders' names"
            )
        for number, (folder, name) in enumerate(zip(folders, self.class_names, strict=True), start=1):
            if folder != name and folder in self.class_names:
                raise LinexpError(
                    f"{root}: folder {number} is {folder!r}, but class name {number} is {name!r}; "
                    f"give the class names in the order of the folders' names"
                )
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

    def _images_below(self, folder: str) -> list[str]:
        found = [
            Path(place, name).relative_to(self._root).as_posix()
            for place, _, names in os.walk(self._root / folder)
            for name in names
            if _is_image(Path(place, name)) and not any(map(_is_hidden, Path(place).relative_to(self._root).parts))
        ]
        if not found:
            raise LinexpError(f"{self._root / folder} has no images; remove the folder or fill it")
        return sorted(found)

    def content(self, row: int) -> bytes:
        try:
            return (self._root / self.keys[row]).read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LinexpError(f"image {self.keys[row]} cannot be read ({reason}); repair or remove it") from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_image(path: Path) -> bool:
    """Whether a path is an image by its name; a link that leads nowhere is one that cannot be read."""
    is_file = path.is_file() or not path.exists()
    return is_file and path.suffix.lower() in IMAGE_SUFFIXES and not _is_hidden(path.name)


def _has_folders(root: str) -> bool:
    with os.scandir(root) as found:
        return any(entry.is_dir() and not _is_hidden(entry.name) for entry in found)


KIND = Kind(
    keys=KEYS,
    how_to_get="put the images there, one folder a class, or change root",
    labels=lambda _entry: {"classes"},
    open=lambda _entry, paths, class_names: FolderImages(paths[0], class_names),
    has_classes=_has_folders,
)
