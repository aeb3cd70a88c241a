"""A folder of images, one of masks, and the names of what is in them: pixel labels of one's own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import NOT_ONE_LINE, LinexpError, shortened
from ..class_lists import text_of
from ..folders import content_below
from ..image_source import NO_CLASS, ImageSource
from ..masks import ImageMasks, PixelLabels
from ..selected import OnDemand
from .image_folder import images_below
from .kind import Entry, Kind

CATEGORY = "label"
"""Of all labels: every image is labelled for all of them."""
NOTHING = (0, 255)
"""Numbers of pixels that have no label, or that nobody has labelled."""
MODES = ("P", "L", "1")
KEYS = """
description: >-
  A folder of images, one of indexed PNG files of the same names that say what is at each pixel, and the names of the
  labels. Masks may have other sizes than images, as long as they show the same; folders in folders are searched too.
required: [root, masks, names]
properties:
  root: {description: Path of the images; environment variables are filled in., type: string, examples: [photos/images]}
  masks: {
    description: "Path of the masks; the same: cat/1.png for cat/1.jpg.",
    type: string, examples: [photos/masks]
  }
  names: {
    description: "Of the labels from number 1 on, as a list or a text file with one a line; 0 and 255 are no label.",
    anyOf:
      [{type: array, items: {type: string}, minItems: 1, maxItems: 254, uniqueItems: true},
       {type: string, pattern: '\\.\\w+$(?!\\n)'}],
    examples: [[sky, grass, dog], labels.txt]
  }
  origin: {
    description: "Where the images come from: said where they are missing.",
    type: string, examples: [groups.csail.mit.edu/vision/datasets/ADE20K]
  }
  split: {$ref: "#/$defs/split_file"}
  limit: {description: Take the first images only., $ref: "#/$defs/positive", examples: [1000]}
  on_bad_image: {$ref: "#/$defs/on_bad_image"}
"""


class MaskedImages(ImageSource):
    """The images of a folder, in the order of their paths; they have no classes.

    Parameters
    ----------
    root
        Their folder.
    labels
        What is where in them; None where nothing is asked of it. Its names are the `concepts` of each image.
    """

    def __init__(self, root: str | Path, labels: "MaskedPixelLabels | None" = None):
        self._root = Path(root)
        self.keys = keys_below(self._root)
        self.labels = np.full(len(self.keys), NO_CLASS, np.int32)
        self.class_names = []
        if labels is not None:
            self.concepts = OnDemand(len(self.keys), labels.names)

    def content(self, row: int) -> bytes:
        return content_below(self._root, self.keys[row])


class MaskedPixelLabels(PixelLabels):
    """What is where in the images of a folder, from a folder of masks.

    Parameters
    ----------
    root, masks
        The folders.
    names
        The `names` of an entry.

    Raises
    ------
    LinexpError
        The names cannot be read; from `masks`, a mask is missing or damaged, or has a number without a name.
    """

    def __init__(self, root: str | Path, masks: str | Path, names: Sequence[str] | str):
        self._masks, self._keys = Path(masks), keys_below(Path(root))
        self.concepts = names_of(names)
        self.categories = [CATEGORY] * len(self.concepts)

    def __len__(self) -> int:
        return len(self._keys)

    def masks(self, row: int) -> ImageMasks:
        numbers, pixels = self._labels(row)
        return ImageMasks(numbers - 1, pixels == numbers[:, None, None], frozenset({CATEGORY}))

    def names(self, row: int) -> list[str]:
        """The names of what is anywhere in an image."""
        return [self.concepts[number - 1] for number in self._labels(row)[0]]

    def _labels(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """The numbers that there are, ascending, and the label of each pixel, (height, width) uint8."""
        path = self._masks / Path(self._keys[row]).with_suffix(".png")
        if not path.is_file():
            raise LinexpError(f"{path} is not there, the mask of image {self._keys[row]}; add it, or remove the image")
        try:
            with Image.open(path, formats=("PNG",)) as image:
                mode, pixels = image.mode, np.asarray(image).astype(np.uint8)
        except Exception as error:  # Pillow raises almost anything on damaged data
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise LinexpError(f"mask {path} cannot be read ({reason}); repair it") from error
        if mode not in MODES:
            raise LinexpError(
                f"mask {path} has pixels of mode {mode}, not numbers of labels; save it as an indexed PNG"
            )
        numbers = np.flatnonzero(np.bincount(pixels.ravel()))
        numbers = numbers[~np.isin(numbers, NOTHING)]
        if numbers.max(initial=0) > len(self.concepts):
            raise LinexpError(
                f"mask {path} has label {numbers.max()}, and there are {len(self.concepts)} names; add it"
            )
        return numbers, pixels


def keys_below(root: Path) -> list[str]:
    """The images of a folder and of those in it, by their paths from it.

    Raises
    ------
    LinexpError
        Two images would have the same mask.
    """
    keys = sorted(images_below(root, root))
    known: dict[Path, str] = {}
    for key in keys:
        other = known.setdefault(Path(key).with_suffix(""), key)
        if other != key:
            raise LinexpError(f"{root}: {other} and {key} would have the same mask; rename one and its mask")
    return keys


def names_of(names: Sequence[str] | str) -> list[str]:
    """The names of labels that an entry gives, each once.

    Raises
    ------
    LinexpError
        A file cannot be read, or has blank lines, a name twice, or more names than there are numbers.
    """
    if not isinstance(names, str):
        return list(names)
    lines = [line.strip() for line in text_of(names, "names", "a list").rstrip().splitlines()]
    for number, line in enumerate(lines, start=1):
        if not line or NOT_ONE_LINE.search(line):
            raise LinexpError(f"{names}: line {number} is no name, but line numbers are those of labels; correct it")
        if line in lines[: number - 1]:
            raise LinexpError(f"{names}: {shortened(repr(line), 40)} is there twice; give each label its own name")
    if not 0 < len(lines) < max(NOTHING):
        raise LinexpError(f"{names} has {len(lines)} names; give 1 to {max(NOTHING) - 1}, one a line")
    return lines


def _open(entry: Entry, paths: Sequence[str], _class_names: Sequence[str] | None) -> ImageSource:
    labels = MaskedPixelLabels(paths[0], paths[1], entry["names"]) if "masks" in entry else None
    return MaskedImages(paths[0], labels)


KIND = Kind(
    keys=KEYS,
    how_to_get="put the images and their masks there, or change root and masks",
    labels=lambda _entry: {"concepts"},
    open=_open,
)
