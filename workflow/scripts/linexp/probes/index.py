"""The index of a probing data set: which images, of which class, in which split."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import NOT_ONE_LINE, LinexpError
from ..jobs.parallel import ordered_map
from ..jobs.progress import progress
from .image_source import ImageSource
from .selected import SelectedImages
from .splits import SPLITS as SPLITS


def split_images(n_images: int, fractions: Mapping[str, float], seed: int) -> np.ndarray:
    """Assign images to train, val and test (§3.2: 70-10-20) by a seeded permutation.

    Returns
    -------
    np.ndarray
        (n_images,) array of the names in `SPLITS`.
    """
    order = np.random.default_rng(seed).permutation(n_images)
    ends = np.rint(np.cumsum([fractions[name] for name in SPLITS]) * n_images).astype(int)
    split = np.empty(n_images, dtype="<U5")
    for name, rows in zip(SPLITS, np.split(order, ends[:-1]), strict=True):
        split[rows] = name
    return split


def _with_copies(split: np.ndarray, contents: Sequence[str]) -> np.ndarray:
    """A split in which all images of one content are where the first of them is: none of test is seen in train."""
    first: dict[str, int] = {}
    return split[[first.setdefault(content, row) for row, content in enumerate(contents)]]


def index_images(
    source: ImageSource,
    fractions: Mapping[str, float],
    seed: int,
    threads: int = 1,
    skip_bad: bool = False,
    given: np.ndarray | None = None,
) -> pa.Table:
    """Read and decode every image once, so that a damaged one is found before any other work.

    Images of the same content are in one split, unless the split is given; near copies are not looked for.

    Parameters
    ----------
    skip_bad
        Leave out images that cannot be read or decoded, before the split; else they are an error.
    given
        (n_images,) the split of each image of the source, instead of a seeded one.

    Returns
    -------
    pa.Table
        One row an image: `image`, `key`, `size` (bytes), `sha256`, `label`, `class_name`, `split`. What was left out is
        in the metadata of the field `key` (see `skipped_images`).

    Raises
    ------
    LinexpError
        An image cannot be decoded, none can, a key is not one line of text, two have the same, or a split has none.
    """
    for key in filter(NOT_ONE_LINE.search, source.keys):
        raise LinexpError(f"image {key!r} has control characters in its name, or is not named in UTF-8; rename it")
    twice = [key for key, count in Counter(source.keys).items() if count > 1]
    if twice:
        raise LinexpError(f"two images have the key {twice[0]}; give each its own")

    def look_at(row: int) -> tuple[int, str] | LinexpError:
        try:
            source.image(row)
            content = source.content(row)
        except LinexpError as error:
            if not skip_bad:
                raise
            return error
        return len(content), hashlib.sha256(content).hexdigest()

    looked = ordered_map(look_at, range(len(source)), threads)
    looks = list(progress(looked, len(source), "image", "reading images", step=lambda _: 1))
    bad = {key: str(look) for key, look in zip(source.keys, looks, strict=True) if isinstance(look, LinexpError)}
    if bad and len(bad) == len(source):
        raise LinexpError(f"none of the {len(bad)} images can be used: {next(iter(bad.values()))}")
    kept = SelectedImages(source, [row for row, key in enumerate(source.keys) if key not in bad])
    facts = [looks[row] for row in kept.rows]
    drawn = split_images(len(kept), fractions, seed)
    split = given[kept.rows] if given is not None else _with_copies(drawn, [digest for _, digest in facts])
    for name in SPLITS:
        if fractions[name] > 0 and not (split == name).any():
            raise LinexpError(f"{len(kept)} images leave none for {name}; take more images, or another split")
    columns = {
        "image": pa.array(range(len(kept)), pa.int32()),
        "key": pa.array(kept.keys, pa.string()),
        "size": pa.array([size for size, _ in facts], pa.int64()),
        "sha256": pa.array([digest for _, digest in facts], pa.string()),
        "label": pa.array(kept.labels, pa.int32()),
        "class_name": pa.array([kept.class_names[label] if label >= 0 else "" for label in kept.labels], pa.string()),
        "split": pa.array(split.tolist(), pa.string()),
    }
    fields = [pa.field(name, column.type) for name, column in columns.items()]
    if bad:
        reasons = {key: reason.rpartition("; ")[0] for key, reason in bad.items()}
        fields[1] = fields[1].with_metadata({"skipped": json.dumps(reasons, ensure_ascii=False)})
    return pa.table(columns, pa.schema(fields))


def skipped_images(index: pa.Table) -> dict[str, str]:
    """The keys of the images that were left out of an index, each with the reason."""
    return json.loads((index.schema.field("key").metadata or {}).get(b"skipped", b"{}"))


def copies_in(index: pa.Table) -> int:
    """How many images have the content of another one that comes before them."""
    if "first" in index.column_names:
        return len(index["image"].unique()) - len(index["first"].unique())
    return len(index) - len(index["sha256"].unique())


def copies_across(index: pa.Table) -> int:
    """How many contents are in images of different splits, as only a given split can have it."""
    places = index.group_by("sha256").aggregate([("split", "count_distinct")])
    return sum(count > 1 for count in places["split_count_distinct"].to_pylist())


def indexed_source(source: ImageSource, index: pa.Table) -> SelectedImages:
    """The images of a source that are in its index, in the same order: all but those that were skipped.

    Raises
    ------
    LinexpError
        There are more or fewer images than in the index.
    """
    skipped = skipped_images(index)
    rows = [row for row, key in enumerate(source.keys) if key not in skipped]
    if len(rows) != len(index):
        raise LinexpError(
            f"there are {len(rows)} images, but {len(index)} are indexed; delete index.parquet and run again"
        )
    return SelectedImages(source, rows)


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
    return np.flatnonzero(pc.equal(index["split"].cast(pa.string()), split).to_numpy())


def contents_of(index: pa.Table, split: str) -> list[str]:
    """A digest of the content of each image of one split, in the order of `rows_of`."""
    return index["sha256"].take(rows_of(index, split)).to_pylist()


def distinct_rows_of(index: pa.Table, split: str) -> np.ndarray:
    """`rows_of` without copies: of images of one content the first; of places all of that image."""
    rows = rows_of(index, split)
    contents = np.array(contents_of(index, split)) if "sha256" in index.column_names else _copied_places(index)[rows]
    _, firsts = np.unique(contents, return_index=True)
    return rows[np.sort(firsts)]


def _copied_places(index: pa.Table) -> NDArray[np.int64]:
    """(n_rows,) numbers that places of images of one content share."""
    images, places = (index[name].to_numpy().astype(np.int64) for name in ("first", "place"))
    return images * (places.max() + 1) + places


def place_index(index: pa.Table, grid: int) -> pa.Table:
    """The index of the places of images: one row an image and cell of grid × grid, cells row by row.

    Returns
    -------
    pa.Table
        `image` and `place` int32; `first`, the first image of the same content; `split`, that of the image.
    """
    contents = index["sha256"].to_pylist()
    known: dict[str, int] = {}
    first = [known.setdefault(content, row) for row, content in enumerate(contents)]
    columns = {
        "image": pa.array(np.repeat(np.arange(len(index), dtype=np.int32), grid**2)),
        "place": pa.array(np.tile(np.arange(grid**2, dtype=np.int32), len(index))),
        "first": pa.array(np.repeat(np.array(first, np.int32), grid**2)),
    }
    split = np.repeat(np.array([SPLITS.index(name) for name in index["split"].to_pylist()], np.int8), grid**2)
    named = pa.DictionaryArray.from_arrays(pa.array(split), pa.array(SPLITS, pa.string()))
    return pa.table(columns | {"split": named})


def split_blocks(
    index: pa.Table, splits: Sequence[str], *matrices: Iterable[np.ndarray]
) -> Iterator[tuple[str, NDArray[np.intp], list[np.ndarray]]]:
    """Some splits of matrices, in one pass over their blocks of rows.

    Parameters
    ----------
    matrices
        The blocks of each, as `store.row_blocks` gives them.

    Yields
    ------
    tuple[str, NDArray[np.intp], list[np.ndarray]]
        A split, the rows of the block that are in it, ascending, and the whole block of each matrix; every row of the
        splits once, in ascending order within a split.
    """
    numbers, begin = np.full(len(index), -1, np.int8), 0
    for number, split in enumerate(splits):
        numbers[rows_of(index, split)] = number
    for blocks in zip(*matrices, strict=True):
        of_block = numbers[begin : begin + len(blocks[0])]
        begin += len(of_block)
        for number, split in enumerate(splits):
            rows = np.flatnonzero(of_block == number)
            if len(rows):
                yield split, rows, blocks


def fitting_rows(index: pa.Table, paper_parity: bool) -> np.ndarray:
    """The images to calibrate, filter and standardise on: train, or all as the published code did."""
    return rows_of(index, "all" if paper_parity else "train")


class IndexedImages:
    """Images that are the ones in the index, or an error."""

    def __init__(self, source: ImageSource, index: pa.Table):
        self._source = indexed_source(source, index)
        self._digests = index["sha256"].to_pylist()

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, row: int):
        """The RGB image of one row.

        Raises
        ------
        LinexpError
            The image has changed since it was indexed.
        """
        content = self._source.content(row)
        if hashlib.sha256(content).hexdigest() != self._digests[row]:
            key = self._source.keys[row]
            raise LinexpError(f"image {key} has changed since it was indexed; delete index.parquet and run again")
        return self._source.decode(content)
