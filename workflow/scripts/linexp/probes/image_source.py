"""What an image source is: an ordered list of images with a key, encoded bytes, and the class where there is one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import LinexpError
from .class_lists import NO_CLASS as NO_CLASS
from .decoding import decode


class ImageSource(ABC):
    """An ordered list of images.

    Attributes
    ----------
    keys
        One string an image, unique: a path below the root, or a row number.
    labels
        (n_images,) int32 class of each image, -1 where it has none.
    class_names
        The names of the classes; empty for a source without labels.
    concepts
        For each image, the names of further concepts that are true of it; empty if unknown.
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

    def remarks(self) -> list[str]:
        """Lines for a log, on what looks odd and what is passed over."""
        return []

    def decode(self, content: bytes) -> Image.Image:
        """The RGB image that `content` stands for."""
        return decode(content)

    def image(self, row: int) -> Image.Image:
        """The RGB image of one row.

        Raises
        ------
        LinexpError
            The image cannot be decoded.
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
