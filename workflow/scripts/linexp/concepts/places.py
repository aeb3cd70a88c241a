"""P of places, which is never stored: its file has the recipe, and rows are made from it in blocks as they are read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..artifacts import attributes, store
from ..errors import LinexpError
from ..jobs.parallel import ordered_map
from .areas import open_areas
from .combined import MeanPresence
from .presence import Presence, PseudoPresence

Recipe = Mapping[str, Any]
"""`areas`, a path; or `images`, `concepts` and `calibration`, lists of paths of one or more image-text models."""


def recipe_of(files: Mapping[str, Any]) -> Recipe:
    """The recipe that the inputs of a job say."""
    if files.get("areas"):
        return {"areas": str(files["areas"])}
    return {name: list(map(str, files[name])) for name in ("images", "concepts", "calibration")}


@contextmanager
def opened(recipe: Recipe) -> Iterator[tuple[Presence, list[str]]]:
    """P of all concepts by a recipe, with their names."""
    with ExitStack() as stack:
        if "areas" in recipe:
            covered = stack.enter_context(open_areas(recipe["areas"]))
            yield covered, store.read_strings(recipe["areas"], "concepts")
            return
        parts: list[Presence] = []
        for images, texts, calibration in zip(
            *(recipe[name] for name in ("images", "concepts", "calibration")), strict=True
        ):
            rows = store.row_reader(stack.enter_context(store.open_arrays(images))["embeddings"])
            (concepts,), scale = store.read_arrays(texts, "embeddings"), store.read_json(calibration)
            single = lambda begin, end, rows=rows: rows(begin, end).astype(np.float32)  # noqa: E731
            parts.append(PseudoPresence(single, concepts, scale["a"], scale["b"]))
        yield MeanPresence(parts) if len(parts) > 1 else parts[0], store.read_strings(recipe["concepts"][0], "concepts")


def write_recipe(file: h5py.File, recipe: Recipe, n_rows: int) -> None:
    """Keep a recipe, with the identities of what it is made from."""
    ids = {path: _id_of(path) for path in _paths(recipe)}
    store.write_array(file, "recipe", [json.dumps({"files": recipe, "ids": ids}, sort_keys=True)])
    store.write_array(file, "n_rows", n_rows)


def _paths(recipe: Recipe) -> list[str]:
    return [path for part in recipe.values() for path in ([part] if isinstance(part, str) else part)]


def _id_of(path: str) -> str | None:
    return (attributes.read_attributes(path) or {}).get("id")


@dataclass(frozen=True)
class StoredPresence:
    """P as a file has it, or as its recipe says.

    Attributes
    ----------
    shape
        Rows and kept concepts.
    stored
        The data set, where there is one.
    made
        Else what makes the kept concepts' P.
    """

    shape: tuple[int, int]
    stored: h5py.Dataset | None = None
    made: Presence | None = None
    threads: int = 1

    def blocks(self, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """As `store.row_blocks` gives them: all rows, or some, ascending."""
        if self.stored is not None:
            return store.row_blocks(self.stored, rows)
        made, size = self.made, store.ROWS_PER_BLOCK
        ends = range(0, self.shape[0], size)
        if rows is None:
            some: Sequence[np.ndarray] = [np.arange(begin, min(begin + size, self.shape[0])) for begin in ends]
        else:
            some = [part for part in np.split(rows, np.searchsorted(rows, ends[1:])) if len(part)]
        return ordered_map(made.of, some, self.threads, ahead=self.threads)  # type: ignore[union-attr]


@contextmanager
def open_presence(path: str | Path, threads: int = 1) -> Iterator[StoredPresence]:
    """The P in a file, or of places.

    Parameters
    ----------
    threads
        That make it, where it is not stored.

    Raises
    ------
    LinexpError
        What the recipe names has been made again since.
    """
    with store.open_arrays(path) as file:
        if "P" in file:
            yield StoredPresence(file["P"].shape, stored=file["P"])
            return
    said = json.loads(store.read_strings(path, "recipe")[0])
    (kept,), (n_rows,) = store.read_arrays(path, "kept"), store.read_arrays(path, "n_rows")
    for part in _paths(said["files"]):
        if _id_of(part) != said["ids"][part]:
            raise LinexpError(f"{path} was made from another {part}; make it again: snakemake --cores all -f {path}")
    with opened(said["files"]) as (presence, _):
        of_kept = presence.only(np.flatnonzero(kept))
        yield StoredPresence((int(n_rows), int(kept.sum())), made=of_kept, threads=threads)
