"""Stability of explanations by the search among all concepts, beside the bare products; and the search itself.

    python benchmarks/stability.py                             # the paper's size: some minutes, 8 GB of disk
    python benchmarks/stability.py --images 3500 --concepts 500 --neurons 64 --json

`--images` are those of train; val and test come on top in the proportions 35 : 5 : 10. `--concepts` are those that the
filter keeps. What is measured is the script of the rule, with its artifacts on disk: from P and explanations to the
table. Its floor is products alone, on arrays in memory by the same BLAS on as many threads: those of each neuron's
columns over 50 blocks of images, and those that mix the blocks of 1,000 resamples. `search_ratio` is that of the search
from moments in memory to explanations to the bare PᵀQ on train and val. Processor time is told too, as it depends less
on what else the machine does. The data are described in made_up.py.
"""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from fit import SEARCH, product_seconds
from measuring import beside, cores, layer_parser, peak_gib, show
from stages import made_presence, run_stage

from linexp.artifacts import store
from linexp.fitting.data import FittingFiles, read_problem
from linexp.fitting.linear import explain
from linexp.fitting.resampled import BLOCKS
from linexp.fitting.stability import AT_ONCE, RESAMPLES
from linexp.fitting.stable import from_table
from linexp.jobs.parallel import blas_on_one_thread, for_each


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time."""
    begin = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def bare_products(n_images: int, columns: list[int], threads: int) -> None:
    """The products of neurons with so many columns each."""
    rng = np.random.default_rng(0)
    height = n_images // BLOCKS
    rows = rng.random((BLOCKS, max(columns), height), np.float32)
    counts = rng.random((AT_ONCE, BLOCKS), np.float32)

    def multiply(n: int) -> None:
        own = rows[:, :n]
        sums = (own @ own.transpose(0, 2, 1)).reshape(BLOCKS, -1)
        for _ in range(0, RESAMPLES, AT_ONCE):
            counts @ sums

    with blas_on_one_thread():
        for_each(multiply, columns, threads)


def main() -> None:
    parser = layer_parser(__doc__)
    parser.add_argument("--threads", type=int, default=cores())
    given = parser.parse_args()
    n_train, n_val = given.images, given.images // 7
    settings = {"neurons": None, "paper_parity": False}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = made_presence(folder, given)
        later = files | {"explanations": folder / "explanations.parquet"}
        run = partial(run_stage, threads=given.threads)
        run("explain_linear", later, later["explanations"], settings | {"method": SEARCH})
        sources = FittingFiles(folder / "P.h5", folder / "moments.h5", files["activations"], files["index"])
        problem = read_problem(sources, None, False, given.threads)
        searching = [measured(partial(explain, problem, SEARCH, threads=given.threads)) for _ in range(3)]
        kept = len(problem.concepts)
        del problem
        before = peak_gib()
        with ProcessPoolExecutor(1, get_context("spawn")) as beside_it:
            sizes = "explanations", (n_train, n_val), kept, given.neurons
            product = min(beside_it.submit(product_seconds, *sizes).result() for _ in range(3))
        params = settings | {"method": SEARCH, "seed": 0}
        seconds, of_processor = measured(partial(run, "measure_stability", later, folder / "stability.parquet", params))
        found = from_table(store.read_table(folder / "stability.parquet"))
        explained = [one for one in found if one.concepts]
        columns = [one.candidates + 2 for one in explained]
        floor, floor_of_processor = measured(partial(bare_products, n_train, columns, given.threads))
    shares = np.concatenate([one.shares for one in explained])
    result = {
        "benchmark": "stability",
        "train_images": n_train,
        "concepts_kept": kept,
        "neurons": given.neurons,
        "explained": len(explained),
        "threads": given.threads,
        **beside(seconds, floor),
        "processor_seconds": of_processor,
        "floor_processor_seconds": floor_of_processor,
        "refits_a_second": RESAMPLES * len(explained) / seconds,
        "search_seconds": min(wall for wall, _ in searching),
        "search_processor_seconds": min(processor for _, processor in searching),
        "product_seconds": product,
        "search_ratio": min(wall for wall, _ in searching) / product,
        "search_peak_gib": before,
        "mean_candidates": float(np.mean(columns)) - 2,
        "mean_concepts": float(np.mean([len(one.concepts) for one in explained])),
        "mean_share": float(shares.mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
