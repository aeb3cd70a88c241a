"""Many units that are mostly 0, as features of a sparse autoencoder: record → explain → simulate → score.

    python benchmarks/sparse_units.py                                          # 16,384 features, 50,000 images
    python benchmarks/sparse_units.py --features 65536
    python benchmarks/sparse_units.py --images 10000 --judge                   # with verdicts, which take longest
    python benchmarks/sparse_units.py --images 2000 --features 1024 --concepts 200 --json

What runs are the scripts of the rules, each in a process of its own with its artifacts on disk: seconds by the clock
and of processors, and the peak memory of each; `idle` is what Python and its libraries take alone.
Recording is the writing of activations that come in blocks; the network and the autoencoder are not run. P and its
moments, which all layers share, are made before. A feature is the amount by which a mixture of two concepts is above a
threshold, which a share of the images passes that is .01 in the median and differs between features by a factor of e;
a fifth are dead. `dense_gb` is what activations would take on disk otherwise.
"""

import os
import resource
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
import pyarrow as pa
from fit import METHOD
from made_up import A, B, World
from measuring import argument_parser, cores, peak_gib, show
from stages import MADE_UP, run_stage, write_index

from linexp.artifacts import store
from linexp.explanations import EXPLAINED

DEAD = 0.2
SHARE = 0.01
PAIR = ("le", "simulator")


def write_shared(folder: Path, world: World, n_images: int) -> dict[str, Any]:
    """The files that do not depend on the features: index, embeddings, calibration, P and its moments."""
    n_val, n_test = n_images // 10, n_images // 5
    write_index(folder / "index.parquet", n_images - n_val - n_test, n_val, n_test)
    files: dict[str, Any] = {name: folder / f"{name}.h5" for name in ("images", "concepts", "moments", "activations")}
    files |= {
        "index": folder / "index.parquet",
        "calibration": folder / "calibration.json",
        "presence": folder / "P.h5",
    }
    concepts = [f"concept {number}" for number in range(len(world.concepts))]
    store.write_arrays(files["concepts"], MADE_UP, {"embeddings": world.concepts, "concepts": concepts})
    store.write_json(files["calibration"], MADE_UP, {"a": A, "b": B})
    with store.create_arrays(files["images"], MADE_UP) as file:
        store.write_rows(file, "embeddings", world.embeddings(n_images), n_images)
    of_explainers = files | {name: [files[name]] for name in ("images", "concepts", "calibration")}
    run_stage("make_pseudo_presence", of_explainers, files["presence"], {"min_presence": 0.5, "paper_parity": False}, 2)
    run_stage("compute_moments", files, files["moments"], {}, 2)
    return files


def features(world: World, n_features: int, n_images: int) -> Iterator[np.ndarray]:
    """(rows, n_features) float32 in blocks."""
    rng = np.random.default_rng(5)
    one, other = rng.integers(0, len(world.concepts), (2, n_features))
    amount = rng.uniform(0, 0.5, n_features).astype(np.float32)
    shares = np.minimum(SHARE * np.exp(rng.normal(size=n_features)), 0.5)
    thresholds = None
    for embeddings in world.embeddings(n_images):
        for rows in np.array_split(embeddings, max(1, len(embeddings) // 512)):
            similarity = rows @ world.concepts.T
            values = similarity[:, one] + amount * similarity[:, other]
            if thresholds is None:
                ordered = np.sort(values, axis=0)
                thresholds = ordered[((1 - shares) * (len(values) - 1)).astype(int), np.arange(n_features)]
                thresholds[rng.random(n_features) < DEAD] = np.inf
            yield np.maximum(values - thresholds, 0)


def record(files: dict[str, Any], world: World, n_features: int, n_images: int) -> None:
    """What `record_activations` writes."""
    highest = np.zeros(n_features, np.float32)

    def watched() -> Iterator[np.ndarray]:
        for block in features(world, n_features, n_images):
            np.maximum(highest, block.max(axis=0), out=highest)
            yield block

    with store.create_arrays(files["activations"], MADE_UP) as file:
        store.write_rows(file, "activations", watched(), n_images, 64, is_sparse=True)
        store.write_array(file, "dead", highest <= 0)


def stages(
    files: dict[str, Any], folder: Path, world: World, given: Namespace
) -> Iterator[tuple[str, Callable, tuple]]:
    """Name, function and arguments of each stage, in their order."""
    explained, simulated, verdicts = folder / "le.parquet", folder / "le.h5", folder / "verdicts.parquet"
    numbers = np.arange(given.features, dtype=np.int32)
    pairs = {"method": PAIR[0], "simulator": PAIR[1], "verdict": EXPLAINED}
    columns = {name: [value] * given.features for name, value in pairs.items()} | {"neuron": numbers}
    store.write_table(verdicts, MADE_UP, pa.table(columns))
    params = {"method": METHOD, "neurons": None, "paper_parity": False}
    yield "idle", int, ()
    yield "record", record, (files, world, given.features, given.images)
    yield "explain", run_stage, ("explain_linear", files, explained, params, cores())
    yield "simulate", run_stage, ("simulate", files | {"explanations": explained}, simulated, {}, cores())
    if given.judge:
        names = ("explanations", "simulations", "images", "concepts", "calibration", "vocabulary", "moments")
        of_pair = files | {"explanations": explained, "simulations": simulated, "vocabulary": files["presence"]}
        judged = files | {name: [of_pair[name]] for name in names}
        refit = {"method": PAIR[0], "simulator": PAIR[1], "refit": {"ridge": 0.0, "positive": False}}
        params = {"pairs": [refit], "neurons": None, "seed": 0}
        yield "judge", run_stage, ("judge_explanations", judged, verdicts, params, cores())
    without = {"ceilings": [], "missing": []}
    scored = files | without | {"explanations": [explained], "simulations": [simulated], "verdicts": verdicts}
    params = without | {"pairs": [PAIR], "neurons": None}
    yield "score", run_stage, ("score_explanations", scored, folder / "scores.parquet", params, cores())


def measured(work: Callable, arguments: tuple) -> dict[str, float]:
    """What some work takes, in the process that it is called in."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work(*arguments)
    after = resource.getrusage(resource.RUSAGE_SELF)
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - begin, "cpu_seconds": processors, "peak_gib": peak_gib()}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=16_384)
    parser.add_argument("--concepts", type=int, default=1_000, help="that the filter keeps")
    parser.add_argument("--dim", type=int, default=256, help="of the embeddings")
    parser.add_argument("--judge", action="store_true", help="make verdicts, instead of making them up")
    given = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World.make(given.concepts, given.concepts, 1, given.dim)
        files = write_shared(folder, world, given.images)
        for stage, work, arguments in stages(files, folder, world, given):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                found[stage] = pool.submit(measured, work, arguments).result()
            print(f"{stage}: {found[stage]}", file=sys.stderr, flush=True)
        scores = store.read_table(folder / "scores.parquet").to_pandas()
        on_disk = os.path.getsize(files["activations"]) / 1e9
    result = {
        "benchmark": "sparse_units",
        "images": given.images,
        "features": given.features,
        "mean_frequency": float(scores["frequency"].mean()),
        "dead": int(scores["dead"].sum()),
        "gb": on_disk,
        "dense_gb": given.images * given.features * 4 / 1e9,
        **found,
        "peak_gib": max(of_stage["peak_gib"] for of_stage in found.values()),
        "load": os.getloadavg()[0],
        "mean_correlation": float(scores["correlation"].mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
