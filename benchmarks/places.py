"""Explaining places whose P is never stored, beside the bare products: statistics → moments → explanations.

    python benchmarks/places.py                        # 10,000 images × 49 places, 1,000 concepts, 512 neurons
    python benchmarks/places.py --images 500 --concepts 200 --neurons 64 --dim 64 --json

What runs are the scripts of the rules, each in a process of its own with its artifacts on disk: seconds by the clock
and of processors, and the peak memory of each; `idle` is what Python and its libraries take alone. The floor is the
matrix products that nothing can avoid where P is made as it is read: E·Tᵀ of train and val twice, for PᵀP and for PᵀQ,
and these two, in blocks in memory, in single precision by the same BLAS. Memory does not grow with the images: run it
with more of them.
"""

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from fit import METHOD
from made_up import World
from measuring import argument_parser, beside, cores, show
from sparse_units import measured
from stages import MADE_UP, run_stage, write_index, write_world

from linexp.artifacts import store
from linexp.probes.index import place_index

ROWS = 4096
SHARES = {"train": 0.7, "val": 0.1}


def stages(files: dict[str, Any], folder: Path) -> Iterator[tuple[str, Callable, tuple]]:
    """Name, function and arguments of each stage, in their order."""
    of_explainers = files | {name: [files[name]] for name in ("images", "concepts", "calibration")}
    described = {"min_presence": 0.5, "paper_parity": False}
    yield "idle", int, ()
    yield "statistics", run_stage, ("make_presence_at_places", of_explainers, files["presence"], described, cores())
    yield "moments", run_stage, ("compute_moments", files, files["moments"], {}, cores())
    params = {"method": METHOD, "neurons": None, "paper_parity": False}
    yield "explanations", run_stage, ("explain_linear", files, folder / "le.parquet", params, cores())


def floor_seconds(n_rows: int, n_concepts: int, n_neurons: int, dim: int) -> float:
    """Of the bare products over so many rows, in blocks that are in the cache as those of the scripts are."""
    rng = np.random.default_rng(0)
    e, t = rng.random((ROWS, dim), np.float32), rng.random((n_concepts, dim), np.float32)
    p, q = rng.random((ROWS, n_concepts), np.float32), rng.random((ROWS, n_neurons), np.float32)
    within, across = np.empty((n_concepts, n_concepts), np.float32), np.empty((n_neurons, n_concepts), np.float32)
    begin = time.perf_counter()
    for _ in range(0, n_rows, ROWS):
        np.matmul(e, t.T, out=p)
        np.matmul(p.T, p, out=within)  # NumPy makes one half of it and copies that (syrk)
        np.matmul(e, t.T, out=p)
        np.matmul(q.T, p, out=across)
    return time.perf_counter() - begin


def made_up(folder: Path, given: Namespace) -> dict[str, Any]:
    """The files of places: their index, embeddings and activations, as if each place were an image."""
    n_train, n_val = (round(share * given.images) for share in SHARES.values())
    write_index(folder / "images.parquet", n_train, n_val, given.images - n_train - n_val)
    places = place_index(store.read_table(folder / "images.parquet"), given.grid)
    store.write_table(folder / "index.parquet", MADE_UP, places)
    world = World.make(given.concepts, given.concepts, given.neurons, given.dim)
    made = {"index": folder / "index.parquet", "presence": folder / "P.h5", "moments": folder / "moments.h5"}
    return write_world(folder, world, len(places)) | made


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--grid", type=int, default=7, help="cells a side")
    parser.add_argument("--concepts", type=int, default=1_000, help="that the filter keeps, about")
    parser.add_argument("--neurons", type=int, default=512)
    parser.add_argument("--dim", type=int, default=768, help="of the embeddings")
    given = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = made_up(folder, given)
        for stage, work, arguments in stages(files, folder):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                found[stage] = pool.submit(measured, work, arguments).result()
            print(f"{stage}: {found[stage]}", file=sys.stderr, flush=True)
        kept = len(store.read_strings(files["presence"], "concepts"))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows = round(sum(SHARES.values()) * given.images) * given.grid**2
            products = pool.submit(measured, floor_seconds, (rows, kept, given.neurons, given.dim)).result()
    seconds = sum(of_stage["seconds"] for stage, of_stage in found.items() if stage != "idle")
    result = {
        "benchmark": "places",
        "rows": given.images * given.grid**2,
        "concepts_kept": f"{kept} of {given.concepts}",
        "neurons": given.neurons,
        **beside(seconds, products["seconds"]),
        **found,
        "floor": products,
        "cpu_ratio": sum(f["cpu_seconds"] - found["idle"]["cpu_seconds"] for s, f in found.items() if s != "idle")
        / products["cpu_seconds"],
        "peak_gib": max(of_stage["peak_gib"] for of_stage in found.values()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
