"""The index of a probing data set: which images, of which class, in which split."""

import hashlib
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from .errors import LinexpError
from .image_kinds import ImageSource
from .parallel import ordered_map
from .progress import progress

SPLITS = ("train", "val", "test")


def split_images(n_images: int, fractions: Mapping[str, float], seed: int) -> np.ndarray:
    """Assign images to train, val and test (§3.2: 70-10-20) by a seeded permutation.

    Returns:
        (n_images,) array of the names in `SPLITS`.
    """
    order = np.random.default_rng(seed).permutation(n_images)
    ends = np.rint(np.cumsum([fractions[name] for name in SPLITS]) * n_images).astype(int)
    split = np.empty(n_images, dtype="<U5")
    for name, rows in zip(SPLITS, np.split(order, ends[:-1]), strict=True):
        split[rows] = name
    return split


def index_images(source: ImageSource, fractions: Mapping[str, float], seed: int, threads: int = 1) -> pa.Table:
    """Read and decode every image once, so that a damaged one is found before any other work.

    Returns:
        One row an image: `image`, `key`, `size` (bytes), `sha256`, `label`, `class_name`, `split`.

    Raises:
        LinexpError: an image cannot be decoded, two have the same key, or a split has none.
    """

    def look_at(row: int) -> tuple[int, str]:
        source.image(row)
        content = source.content(row)
        return len(content), hashlib.sha256(content).hexdigest()

    rows = range(len(source))
    looks = ordered_map(look_at, rows, threads)
    facts = list(progress(looks, len(source), "image", "reading images", step=lambda _: 1))
    twice = [key for key, count in Counter(source.keys).items() if count > 1]
    if twice:
        raise LinexpError(f"two images have the key {twice[0]}; give each its own")
    split = split_images(len(source), fractions, seed)
    for name in SPLITS:
        if fractions[name] > 0 and not (split == name).any():
            raise LinexpError(f"{len(source)} images leave none for {name}; take more images, or another split")
    names = [source.class_names[label] if label >= 0 else "" for label in source.labels]
    return pa.table(
        {
            "image": pa.array(rows, pa.int32()),
            "key": list(source.keys),
            "size": pa.array([size for size, _ in facts], pa.int64()),
            "sha256": [digest for _, digest in facts],
            "label": pa.array(source.labels, pa.int32()),
            "class_name": pa.array(names, pa.string()),
            "split": split.tolist(),
        }
    )


def fingerprint(index: pa.Table) -> str:
    """SHA-256 over the ordered keys, sizes, content hashes, labels and splits of an index."""
    digest = hashlib.sha256()
    columns = [index[name].to_pylist() for name in ("key", "size", "sha256", "label", "split")]
    for row in zip(*columns, strict=True):
        digest.update("\t".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()


def rows_of(index: pa.Table, split: str) -> np.ndarray:
    """The ascending row numbers of one split; `all` for every image."""
    if split == "all":
        return np.arange(len(index))
    return np.flatnonzero(index["split"].to_numpy(zero_copy_only=False) == split)


def fitting_rows(index: pa.Table, paper_parity: bool) -> np.ndarray:
    """The images to calibrate, filter and standardise on: train, or all as the published code did."""
    return rows_of(index, "all" if paper_parity else "train")


class IndexedImages:
    """Images that are the ones in the index, or an error."""

    def __init__(self, source: ImageSource, index: pa.Table):
        if len(source) != len(index):
            raise LinexpError(
                f"there are {len(source)} images, but {len(index)} are indexed; delete index.parquet and run again"
            )
        self._source = source
        self._digests = index["sha256"].to_pylist()

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, row: int):
        """The RGB image of one row.

        Raises:
            LinexpError: the image has changed since it was indexed.
        """
        content = self._source.content(row)
        if hashlib.sha256(content).hexdigest() != self._digests[row]:
            key = self._source.keys[row]
            raise LinexpError(f"image {key} has changed since it was indexed; delete index.parquet and run again")
        return self._source.decode(content)
