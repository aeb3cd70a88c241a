"""Artifacts of blocks of images, put together: the file that is made in one piece, and nothing that does not belong."""

import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import torch
from snakemake.iocontainers import InputFiles, Params

from linexp.artifacts import ancestry, parts, store
from linexp.errors import LinexpError
from linexp.networks import writing
from linexp.networks.units.neurons import NEURONS
from linexp.planning import recipes

WHOLE = "results/net/whole.h5"
BOUNDS = (0, 0, 2048, 6144, 6200)  # of four blocks, the first one empty
ROWS = np.random.default_rng(0).normal(size=(BOUNDS[-1], 70)).astype(np.float32)
SETTINGS = {"model": "m"}
CODE = {"make.py": "1"}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ancestry._attributes.cache_clear()
    yield
    ancestry._attributes.cache_clear()


def made(settings=SETTINGS, code=CODE, **others):
    return store.Provenance("make", settings, "", {"code": code, "files": {}}, **others)


def write(path, provenance, rows, **how):
    with store.create_arrays(path, provenance) as file:
        store.write_rows(file, "rows", np.array_split(rows, 7) if len(rows) else [], len(rows), **how)
        file.attrs["grid"], file.attrs["way"] = 3, "maps"


def cut(rows=ROWS, **how):
    """The files of all blocks."""
    paths = [f"results/net/image_blocks/{number}_of_4/whole.h5" for number in range(1, 5)]
    for number, path in enumerate(paths):
        block = {"block": [number + 1, 4]}
        write(path, made(SETTINGS | block), rows[BOUNDS[number] : BOUNDS[number + 1]], **how)
    return paths


@pytest.mark.parametrize(
    "how",
    [{}, {"chunk_columns": 64}, {"kind": np.float16}, {"is_sparse": True, "chunk_columns": 64}],
    ids=["rows", "tiles", "halves", "sparse"],
)
def test_blocks_put_together_are_the_file_of_one_piece(how):
    write(WHOLE, made(), ROWS, **how)
    content = Path(WHOLE).read_bytes()
    paths = cut(**how)
    with store.create_arrays(WHOLE, made()) as file:
        filled = parts.put_together(file, paths, "rows", len(ROWS), how.get("chunk_columns"))
    assert filled == paths[1:]
    assert Path(WHOLE).read_bytes() == content, "down to the identity"
    with h5py.File(WHOLE) as file:
        np.testing.assert_array_equal(file["rows"][...], ROWS.astype(how.get("kind", np.float32)))


def test_a_missing_block_is_noticed():
    paths = cut()
    with pytest.raises(ValueError, match="4152 rows came, 6200 were expected"), store.create_arrays(WHOLE, made()) as f:
        parts.put_together(f, [*paths[:1], *paths[2:]], "rows", len(ROWS))
    assert not Path(WHOLE).exists()


def job(paths):
    """What the script that puts blocks together sees of Snakemake."""
    recipe = recipes.recipe_path(WHOLE)
    recipe.parent.mkdir(parents=True, exist_ok=True)
    recipe.write_text(json.dumps({"made_by": "make", "code": CODE, "files": {}}))
    named = {"recipe": str(recipe), "image_blocks": paths}
    return SimpleNamespace(input=InputFiles(fromdict=named), params=Params(fromdict=SETTINGS), output=[WHOLE])


def test_what_is_put_together_was_not_made_from_its_blocks():
    paths = cut()
    provenance = store.provenance_of(job(paths), "")
    assert provenance == made()


@pytest.mark.parametrize("other", [{"settings": {"model": "other"}}, {"code": {"make.py": "2"}}])
def test_a_block_that_was_made_otherwise_is_refused(other):
    paths = cut()
    other["settings"] = other.get("settings", SETTINGS) | {"block": [2, 4]}
    write(paths[1], made(**other), ROWS[:2048])
    with pytest.raises(LinexpError, match=f"^{paths[1]} was made otherwise than what it is to be a part of; make it a"):
        store.provenance_of(job(paths), "")


def test_a_block_of_another_index_is_refused():
    store.write_json("results/index.json", made(), {"a": 1})
    paths = cut()
    write(paths[1], made(SETTINGS | {"block": [2, 4]}, made_from={"results/index.json": "x"}), ROWS[:2048])
    with pytest.raises(LinexpError, match=f"^{paths[1]} was made from another results/index.json"):
        store.provenance_of(job(paths), "")


def test_neurons_that_are_dead_in_all_blocks_are_dead():
    values = torch.from_numpy(ROWS).abs()
    values[:, 3], values[:, 5], values[:2100, 7] = 0.009, 0.009, 0
    values[-1, 5] = 0.02
    for path, (begin, end) in zip(paths := cut(), pairwise(BOUNDS), strict=True):
        with store.create_arrays(path, made()) as file:
            writing.write_recorded(file, values[begin:end].split(100) if end > begin else [], end - begin, NEURONS)
    with store.create_arrays(WHOLE, made()) as file:
        writing.write_recorded(file, values.split(64), len(values), NEURONS)
    content = Path(WHOLE).read_bytes()
    (dead,) = store.read_arrays(WHOLE, "dead")
    assert list(dead.nonzero()[0]) == [3]
    with store.create_arrays(WHOLE, made()) as file:
        writing.put_together(file, paths, len(values))
    assert Path(WHOLE).read_bytes() == content
