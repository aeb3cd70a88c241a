"""Broden, the data set of Network Dissection (Bau et al. 2017, arXiv:1704.05796), with labels for every pixel.

Its folder, as `broden1_224.zip` unpacks and as the program that made it describes it (CSAILVision/NetDissect):

- `index.csv`: `image,split,ih,iw,sh,sw` and a column a category. An image is a path below `images/`; ih × iw are its
  pixels, sh × sw those of its label images. A category's cell holds any number of items between semicolons: decimal
  numbers are labels of the whole image, all else are PNG files below `images/`, layers of labels a pixel. An empty
  cell is an image that is not labelled for that category.
- A PNG file has label R + 256 G at each pixel. Label 0, also as a number, is none: unlabelled, or a label too rare
  to be kept.
- `label.csv`: `number,name,category` and statistics, from number 1 on. A label may be of several categories, each with
  its number of images, the most frequent first: `material(36);object(3)`. Colours end in `-c`, scenes in `-s`.
- `category.csv`: the categories, by `name`, with statistics.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import LinexpError
from .broden_names import readable_name
from .image_source import NO_CLASS, ImageSource
from .masks import ImageMasks, PixelLabels
from .selected import OnDemand

ABOUT_IMAGES = ("image", "split", "ih", "iw", "sh", "sw")
_REPAIR = "unpack Broden again"


@dataclass(frozen=True)
class _Listed:
    """A row of index.csv: `place` names it in errors; `cells` are numbers and PNG files by category."""

    place: str
    image: str
    height: int
    width: int
    cells: dict[str, list[int | str]]


class _Broden:
    """The lists of Broden.

    Attributes
    ----------
    images
        The rows of index.csv.
    labels
        (category, label number) of each concept; a label of two categories is two concepts.
    names
        Their readable names, which may repeat.
    numbers
        The concept of each (category, label number).
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)
        categories = [row["name"] for _, row in _rows(self.root / "category.csv", ("name",))]
        self.labels: list[tuple[str, int]] = []
        self.names: list[str] = []
        for place, row in _rows(self.root / "label.csv", ("number", "name", "category")):
            name, of = (
                readable_name(row["name"]),
                [re.sub(r"\(\d+\)$", "", part) for part in row["category"].split(";")],
            )
            if not _is_positive(row["number"]) or not name or set(of) - set(categories):
                raise LinexpError(
                    f"{place} is not a number from 1 on, a name and categories of category.csv; {_REPAIR}"
                )
            self.labels += [(category, int(row["number"])) for category in of]
            self.names += [name] * len(of)
        self.numbers = {label: concept for concept, label in enumerate(self.labels)}
        if len(self.numbers) < len(self.labels):
            raise LinexpError(f"{self.root / 'label.csv'} has a number twice; {_REPAIR}")
        listed = _rows(self.root / "index.csv", (*ABOUT_IMAGES, *categories), exactly=True)
        self.images = [self._listed(place, row, categories) for place, row in listed]

    def _listed(self, place: str, row: dict[str, str], categories: list[str]) -> _Listed:
        if not (_is_positive(row["sh"]) and _is_positive(row["sw"])):
            raise LinexpError(f"{place}: sh and sw are {row['sh']!r} and {row['sw']!r}, not pixels; {_REPAIR}")
        cells = {name: [_item(item) for item in row[name].split(";") if item] for name in categories if row[name]}
        for category, items in cells.items():
            for item in items:
                if isinstance(item, int):
                    self.concept(category, item, place)
        for path in [row["image"], *(item for items in cells.values() for item in items if isinstance(item, str))]:
            if not _is_inside(path):
                raise LinexpError(f"{place}: {path!r} is no path below images; {_REPAIR}")
        return _Listed(place, row["image"], int(row["sh"]), int(row["sw"]), cells)

    def concept(self, category: str, label: int, place: str) -> int | None:
        """The concept of a label; None for label 0."""
        if label and (category, label) not in self.numbers:
            raise LinexpError(f"{place}: label.csv has no label {label} of category {category}; {_REPAIR}")
        return self.numbers.get((category, label))

    def layers(self, row: int) -> Iterator[tuple[int, np.ndarray | bool]]:
        """The concepts of an image, with a mask (sh, sw) or True for everywhere; one may come from several layers."""
        listed = self.images[row]
        for category, items in listed.cells.items():
            for item in items:
                labels = item if isinstance(item, int) else self._read(item, listed)
                for label in np.flatnonzero(np.bincount(np.ravel(labels))).tolist():
                    concept = self.concept(category, label, f"{listed.place}: {item}")
                    if concept is not None:
                        yield concept, labels == label

    def _read(self, name: str, listed: _Listed) -> np.ndarray:
        """(sh, sw) int64 labels of a PNG file."""
        try:
            with Image.open(self.root / "images" / name, formats=("PNG",)) as image:
                mode, pixels = image.mode, np.asarray(image)
        except Exception as error:  # Pillow raises almost anything on damaged data
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise LinexpError(f"{listed.place}: {name} cannot be read ({reason}); {_REPAIR}") from error
        if mode not in ("RGB", "RGBA"):
            raise LinexpError(f"{listed.place}: {name} has pixels of mode {mode}, not RGB; {_REPAIR}")
        if pixels.shape[:2] != (listed.height, listed.width):
            found, wanted = f"{pixels.shape[0]}×{pixels.shape[1]}", f"{listed.height}×{listed.width}"
            raise LinexpError(f"{listed.place}: {name} has {found} pixels, but sh×sw is {wanted}; {_REPAIR}")
        return pixels[..., 0] + 256 * pixels[..., 1].astype(np.int64)


def _rows(path: Path, columns: tuple[str, ...], exactly: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file that has the columns, each with its place for errors."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            found = reader.fieldnames or []
            missing, further = (sorted(set(one) - set(other)) for one, other in ((columns, found), (found, columns)))
            if missing or (further and exactly) or len(set(found)) < len(found):
                raise LinexpError(f"{path} has the columns {','.join(found)}, not {','.join(columns)}; {_REPAIR}")
            for row in reader:
                place = f"{path}: line {reader.line_num}"
                if None in row or None in row.values():
                    raise LinexpError(f"{place} has more or fewer cells than the first line; {_REPAIR}")
                yield place, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise LinexpError(f"{path} cannot be read ({reason}); {_REPAIR}") from error


def _is_positive(text: str) -> bool:
    return re.fullmatch("[0-9]{1,5}", text) is not None and int(text) > 0


def _item(text: str) -> int | str:
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else text


def _is_inside(path: str) -> bool:
    """Whether a path leads to no place outside the folder that it is taken from, on any system."""
    parts = path.split("/")
    return path.isprintable() and not set(parts) & {"", ".", ".."} and not set(path) & set("\\:")


class BrodenImages(ImageSource):
    """The images of Broden, training and validation images alike, in the order of index.csv.

    They have no classes. Their concepts are the readable names of all their labels, of any pixel or of the whole
    image; the label images are read when the concepts are asked for.

    Raises
    ------
    LinexpError
        A list is missing or damaged, or names a file outside the folder or an unknown label.
    """

    def __init__(self, root: str | Path):
        self._broden = _Broden(root)
        self.keys = [listed.image for listed in self._broden.images]
        self.labels = np.full(len(self.keys), NO_CLASS, np.int32)
        self.class_names = []
        self.concepts = OnDemand(len(self.keys), self._concepts)

    def _concepts(self, row: int) -> list[str]:
        return sorted({self._broden.names[concept] for concept, _ in self._broden.layers(row)})

    def content(self, row: int) -> bytes:
        try:
            return (self._broden.root / "images" / self.keys[row]).read_bytes()
        except OSError as error:
            reason, place = error.strerror or type(error).__name__, self._broden.images[row].place
            raise LinexpError(f"image {self.keys[row]} cannot be read ({reason}; {place}); {_REPAIR}") from error


class BrodenPixelLabels(PixelLabels):
    """What is where in the images of Broden, in the order of index.csv.

    A label of two categories is a concept in each, at different numbers and of the same name; the published program
    gives it to the category that it covers more of. As there, an image counts as labelled for a category if it has
    a label of it anywhere. Masks have sh × sw pixels, which is half of each side of the images in `broden1_224`.

    Raises
    ------
    LinexpError
        As for `BrodenImages`; from `masks`, a label image that is missing or damaged, of another size than sh × sw, or
        with a label that label.csv does not have.
    """

    def __init__(self, root: str | Path):
        self._broden = _Broden(root)
        self.concepts = self._broden.names
        self.categories = [category for category, _ in self._broden.labels]

    def __len__(self) -> int:
        return len(self._broden.images)

    def masks(self, row: int) -> ImageMasks:
        listed = self._broden.images[row]
        found: dict[int, np.ndarray | bool] = {}
        for concept, where in self._broden.layers(row):
            found[concept] = where | found.get(concept, False)
        concepts = sorted(found)
        masks = np.zeros((len(concepts), listed.height, listed.width), bool)
        for mask, concept in zip(masks, concepts, strict=True):
            mask[:] = found[concept]
        return ImageMasks(np.array(concepts, int), masks, frozenset(self.categories[concept] for concept in concepts))
