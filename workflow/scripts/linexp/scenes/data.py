"""Drawn scenes as data: encoded images with what is true of them, and the mask of every object."""

import io
import multiprocessing
from functools import partial

import numpy as np
import pyarrow as pa

from ..jobs.progress import progress
from . import draw_scene


def _encoded(number: int, seed: int, size: int) -> tuple[bytes, int, tuple[str, ...]]:
    scene = draw_scene(seed, number, size)
    buffer = io.BytesIO()
    scene.image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue(), scene.label, scene.concepts


def _masks(number: int, seed: int, size: int) -> tuple[str, list[tuple[str, str, np.ndarray]]]:
    scene = draw_scene(seed, number, size)
    return scene.background, [(item.kind, item.colour, item.mask) for item in scene.objects]


def _draw(function, images: int, first: int, threads: int) -> list:
    # forked, not spawned: a spawned process would run the Snakemake script that started it
    with multiprocessing.get_context("fork").Pool(threads) as pool:
        drawn = pool.imap(function, range(first, first + images), chunksize=32)
        return list(progress(drawn, images, "image", "drawing", step=lambda _: 1))


def draw_images(images: int, size: int, first: int, seed: int, threads: int) -> pa.Table:
    """Draw the scenes `first` to `first + images`, in the layout of Hugging Face image data sets.

    Returns
    -------
    pa.Table
        `image` struct<bytes, path> (PNG), `label` int64, `concepts` list<string> (kinds, colours, background).
    """
    drawn = _draw(partial(_encoded, seed=seed, size=size), images, first, threads)
    pictures = [{"bytes": png, "path": f"scene{first + n:08d}.png"} for n, (png, _, _) in enumerate(drawn)]
    return pa.table(
        {
            "image": pa.array(pictures, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "label": pa.array([label for _, label, _ in drawn], pa.int64()),
            "concepts": pa.array([list(concepts) for _, _, concepts in drawn], pa.list_(pa.string())),
        }
    )


def draw_masks(images: int, size: int, first: int, seed: int, threads: int) -> dict[str, np.ndarray | list[str]]:
    """The mask of every object in the same scenes, and their backgrounds.

    Returns
    -------
    dict[str, np.ndarray | list[str]]
        `masks` uint8 (n_objects, size, size), `image` int32 (n_objects,) row of its image, `kind` and `colour`;
        `background` of each image.
    """
    drawn = _draw(partial(_masks, seed=seed, size=size), images, first, threads)
    objects = [(row, *item) for row, (_, items) in enumerate(drawn) for item in items]
    rows, kinds, colours, masks = zip(*objects, strict=True)
    return {
        "masks": np.array(masks, np.uint8),
        "image": np.array(rows, np.int32),
        "kind": list(kinds),
        "colour": list(colours),
        "background": [background for background, _ in drawn],
    }
