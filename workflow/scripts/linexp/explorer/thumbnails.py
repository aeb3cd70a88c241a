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


def write_thumbnails(folder: Path, images: Sequence[Image.Image], rows: np.ndarray, threads: int) -> int:
    """Write `{folder}/{id // 1000}/{id}.webp` for each of the rows; the id is its place among them.

    Returns
    -------
    int
        The width of the widest in pixels.
    """

    def write(place: int) -> int:
        picture = thumbnail(images[int(rows[place])])
        path = folder / str(place // FILES_A_FOLDER) / f"{place}.webp"
        picture.save(path, "webp", quality=QUALITY)
        return picture.width

    for number in range(-(-len(rows) // FILES_A_FOLDER)):
        (folder / str(number)).mkdir(parents=True, exist_ok=True)
    widths = ordered_map(write, range(len(rows)), threads)
    return max(progress(widths, len(rows), "image", "thumbnails", step=lambda _: 1))
