"""The kinds of image sources: Parquet files, folders, CIFAR-100; one class a kind.

An image source is an ordered list of images with a key, the encoded bytes, the class where there is one, and
further concepts that are known to be true of the image.
"""

import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from ..errors import LinexpError
from .decoding import decode

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm"}
NO_CLASS = -1
HOW_TO_GET = {
    "parquet": "give the place of the file, or set the variable that its path names",
    "image_folder": "put the images there, one folder a class, or change root",
    "cifar100": "get it with torchvision.datasets.CIFAR100(root, download=True)",
    "imagenet": "get ILSVRC2012_img_val and ILSVRC2012_devkit_t12 from image-net.org and unpack them there",
    "places365": "get it with torchvision.datasets.Places365(root, split='val', download=True)",
    "broden": "get netdissect.csail.mit.edu/data/broden1_224.zip and unpack it there",
}


class ImageSource(ABC):
    """An ordered list of images.

    Attributes:
        keys: one string an image, unique: a path below the root, or a row number.
        labels: (n_images,) int32 class of each image, -1 where it has none.
        class_names: the names of the classes; empty for a source without labels.
        concepts: for each image, the names of further concepts that are true of it; empty if unknown.
    """

    keys: Sequence[str]
    labels: np.ndarray
    class_names: Sequence[str]
    concepts: Sequence[Sequence[str]] = ()

    def __len__(self) -> int:
        return len(self.keys)

    @abstractmethod
    def content(self, row: int) -> bytes:
        """The bytes that stand for the image; what its hash is taken of."""

    def decode(self, content: bytes) -> Image.Image:
        """The RGB image that `content` stands for."""
        return decode(content)

    def image(self, row: int) -> Image.Image:
        """The RGB image of one row.

        Raises:
            LinexpError: the image cannot be decoded.
        """
        try:
            return self.decode(self.content(row))
        except LinexpError:
            raise
        except UnidentifiedImageError as error:
            raise LinexpError(
                f"image {self.keys[row]} is no JPEG, PNG, WebP, BMP, TIFF, GIF or PPM; repair or remove it"
            ) from error
        except Exception as error:  # Pillow raises almost anything on damaged data
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise LinexpError(f"image {self.keys[row]} cannot be decoded ({reason}); repair or remove it") from error


class ParquetImages(ImageSource):
    """Images as bytes in Parquet files, in the layout of Hugging Face image data sets.

    The image column is `struct<bytes, path>` or plain binary. Class names come from the configuration, or from
    the Hugging Face metadata of the file.
    """

    def __init__(
        self,
        files: Sequence[str | Path],
        image: str = "image",
        label: str | None = None,
        concepts: str | None = None,
        class_names: Sequence[str] | None = None,
    ):
        self._files = [_open_parquet(file) for file in files]
        self._image = image
        for file, path in zip(self._files, files, strict=True):
            for column in filter(None, (image, label, concepts)):
                if column not in file.schema_arrow.names:
                    columns = ", ".join(file.schema_arrow.names)
                    raise LinexpError(f"{path} has no column {column!r}; it has {columns}")
            kinds = {image: (_holds_images, "bytes, or struct<bytes, path>")}
            kinds |= {label: (pa.types.is_integer, "class numbers")} if label else {}
            kinds |= {concepts: (_is_list_of_text, "lists of text")} if concepts else {}
            for column, (fits, wanted) in kinds.items():
                kind = file.schema_arrow.field(column).type
                if not fits(kind):
                    kind = f"{kind}" if len(str(kind)) < 60 else "something else"
                    raise LinexpError(f"{path}: column {column!r} has {kind}; it has to have {wanted}")
        self._groups = [(file, group) for file in self._files for group in range(file.metadata.num_row_groups)]
        sizes = [file.metadata.row_group(group).num_rows for file, group in self._groups]
        self._ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._read_group = lru_cache(maxsize=2)(self._read_group_uncached)
        self.keys = [f"row{row:08d}" for row in range(int(self._ends[-1]) if sizes else 0)]
        self.labels = self._labels(label) if label else np.full(len(self), NO_CLASS, np.int32)
        self.class_names = (class_names or self._hugging_face_names(label)) if label else []
        if label and not self.class_names:
            raise LinexpError(f"{files[0]} does not name its classes; give class_names")
        if concepts:
            self.concepts = [names or [] for file in self._files for names in _read(file, concepts).to_pylist()]

    def _labels(self, name: str) -> np.ndarray:
        columns = [_read(file, name).cast(pa.int64()).fill_null(NO_CLASS).to_numpy() for file in self._files]
        return np.clip(np.concatenate(columns), NO_CLASS, np.iinfo(np.int32).max).astype(np.int32)

    def _hugging_face_names(self, label: str) -> list[str]:
        metadata = (self._files[0].schema_arrow.metadata or {}).get(b"huggingface", b"{}")
        try:
            names = json.loads(metadata)["info"]["features"][label]["names"]
        except (ValueError, LookupError, TypeError):
            return []
        return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []

    def _read_group_uncached(self, number: int) -> pa.ChunkedArray:
        file, group = self._groups[number]
        column = file.read_row_group(group, columns=[self._image]).column(self._image)
        return pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column

    def content(self, row: int) -> bytes:
        number = int(np.searchsorted(self._ends, row, side="right"))
        first = int(self._ends[number - 1]) if number else 0
        try:
            with self._lock:
                content = self._read_group(number)[row - first].as_py()
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise LinexpError(f"image {self.keys[row]} cannot be read ({reason}); replace the file") from error
        if content is None:
            raise LinexpError(f"image {self.keys[row]} has no bytes; remove the row")
        return content


def _open_parquet(path: str | Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise LinexpError(f"{path} cannot be read as Parquet ({reason}); replace the file") from error


def _holds_images(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_images(kind.field("bytes").type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def _is_list_of_text(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type))


def _read(file: pq.ParquetFile, column: str) -> pa.ChunkedArray:
    return file.read(columns=[column]).column(column)


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


class Cifar100Images(ImageSource):
    """The test images of CIFAR-100 in torchvision's layout (which checks their MD5 before it reads them)."""

    def __init__(self, root: str | Path):
        from torchvision.datasets import CIFAR100

        try:
            data = CIFAR100(root, train=False)
        except RuntimeError as error:
            reason = str(error).partition(".")[0]
            raise LinexpError(f"{root}: {reason}; {HOW_TO_GET['cifar100']}") from error
        self._pixels = data.data
        self.keys = [f"row{row:08d}" for row in range(len(data))]
        self.labels = np.array(data.targets, np.int32)
        self.class_names = [name.replace("_", " ") for name in data.classes]

    def content(self, row: int) -> bytes:
        return self._pixels[row].tobytes()

    def decode(self, content: bytes) -> Image.Image:
        return Image.fromarray(np.frombuffer(content, np.uint8).reshape(self._pixels.shape[1:]))
