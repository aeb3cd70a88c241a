"""Small square pictures of images, a file each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..jobs.parallel import ordered_map
from ..jobs.progress import progress

SIDE = 128
FILES_A_FOLDER = 1000
QUALITY = 80


def thumbnail(image: Image.Image) -> Image.Image:
    """The largest square in the middle, `SIDE` pixels wide; a smaller one keeps its size."""
    side = min(*image.size, SIDE)
    return ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)


def write_thumbnails(folder: Path, images: Sequence[Image.Image], rows: np.ndarray, threads: int) -> np.ndarray:
    """Write `{folder}/{id // 1000}/{id}.webp` for each of the rows; the id is its place among them.

    Returns
    -------
    np.ndarray
        (n, 2) int, width and height of the images themselves in pixels.
    """

    def write(place: int) -> tuple[int, int]:
        image = images[int(rows[place])]
        picture = thumbnail(image)
        path = folder / str(place // FILES_A_FOLDER) / f"{place}.webp"
        picture.save(path, "webp", quality=QUALITY)
        return image.size

    for number in range(-(-len(rows) // FILES_A_FOLDER)):
        (folder / str(number)).mkdir(parents=True, exist_ok=True)
    sizes = ordered_map(write, range(len(rows)), threads)
    return np.array(list(progress(sizes, len(rows), "image", "thumbnails", step=lambda _: 1)))


def widest(sizes: np.ndarray) -> int:
    """The width in pixels of the widest thumbnail, of images of these sizes."""
    return int(sizes.min(axis=1).max().clip(max=SIDE))
