"""Running the workflow's scripts in this process, on made-up artifacts: what is measured is what the rules do."""

import json
import runpy
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from made_up import A, B, World

from linexp.artifacts import store

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow/scripts"
MADE_UP = store.Provenance("made up", {}, "made up")


class Files(dict):
    """Named files, as `snakemake.input` gives them."""

    __getattr__ = dict.__getitem__


def made_presence(folder: Path, sizes: Namespace) -> dict[str, Any]:
    """The files of a made-up layer of some sizes (`layer_parser`, and `threads`), its P and moments among them.

    Val and test come on top of the train images, in the proportions 35 : 5 : 10.
    """
    n_train, n_val, n_test = sizes.images, sizes.images // 7, 2 * sizes.images // 7
    write_index(folder / "index.parquet", n_train, n_val, n_test)
    world = World.make(round(1.6876 * sizes.concepts), sizes.concepts, sizes.neurons, sizes.dim)
    files = write_world(folder, world, n_train + n_val + n_test) | {"index": folder / "index.parquet"}
    of_explainers = files | {name: [files[name]] for name in ("images", "concepts", "calibration")}
    files |= {"presence": folder / "P.h5", "moments": folder / "moments.h5"}
    filtering = {"min_presence": 0.5, "paper_parity": False}
    run_stage("make_pseudo_presence", of_explainers, files["presence"], filtering, sizes.threads)
    run_stage("compute_moments", files, files["moments"], {}, sizes.threads)
    return files


def run_stage(rule: str, files: dict[str, Any], output: Path, params: dict[str, Any], threads: int) -> None:
    """Run the script of a rule as Snakemake does."""
    recipe = output.with_name(f"{output.name}.recipe")
    recipe.write_text(json.dumps({"made_by": rule, "code": {}, "files": {}}), encoding="utf-8")
    given = SimpleNamespace(
        input=Files(files | {"recipe": recipe}),
        output=[str(output)],
        params=Files(params),
        threads=threads,
        log=[],
        scriptdir=str(SCRIPTS),
    )
    runpy.run_path(str(SCRIPTS / f"{rule}.py"), init_globals={"snakemake": given})


def write_index(path: Path, n_train: int, n_val: int, n_test: int, seed: int = 3) -> np.ndarray:
    """An index of images in a random split; returns the split of each."""
    names = np.repeat(["train", "val", "test"], [n_train, n_val, n_test])
    split = np.random.default_rng(seed).permutation(names)
    numbers = pa.array(np.arange(len(split), dtype=np.int32))
    digests = pa.array([f"{number:064x}" for number in range(len(split))])
    store.write_table(path, MADE_UP, pa.table({"image": numbers, "sha256": digests, "split": pa.array(split.tolist())}))
    return split


def write_world(folder: Path, world: World, n_images: int) -> dict[str, Path]:
    """The artifacts that fitting starts from: embeddings of images and concepts, calibration, activations."""
    names = ("images", "concepts", "calibration", "activations")
    files = {name: folder / (f"{name}.json" if name == "calibration" else f"{name}.h5") for name in names}
    concepts = [f"concept {number}" for number in range(len(world.concepts))]
    store.write_arrays(files["concepts"], MADE_UP, {"embeddings": world.concepts, "concepts": concepts})
    store.write_json(files["calibration"], MADE_UP, {"a": A, "b": B})
    with store.create_arrays(files["images"], MADE_UP) as file:
        store.write_rows(file, "embeddings", world.embeddings(n_images), n_images)
    with store.create_arrays(files["activations"], MADE_UP) as file:
        blocks = map(world.activations, world.embeddings(n_images))
        store.write_rows(file, "activations", blocks, n_images, chunk_columns=64)
    return files
