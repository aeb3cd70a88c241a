"""Fitting a layer, beside the bare matrix products: embeddings → filter → P → moments → elastic net → greedy search.

    python benchmarks/fit.py                                   # the paper's size: some minutes, 8 GB of disk
    python benchmarks/fit.py --images 3500 --concepts 500 --neurons 256 --json

`--images` are those of train; val and test come on top in the proportions 35 : 5 : 10. `--concepts` are those that the
filter keeps; 1.7 times as many go in. What runs are the scripts of the rules, in one process, with their artifacts on
disk. The floor is the matrix products that nothing can avoid, on arrays in memory: E·Tᵀ for all concepts, PᵀP and PᵀQ
on train and val, in single precision by the same BLAS. Each is measured right after the stage that it belongs to, in a
process of its own, as the speed of a machine changes from minute to minute. There are some rounds, of which the best of
each stage and of each floor counts: the first one may have to wait until a virtual machine gets its memory. The data
are described in made_up.py.

`search_seconds` are those of the search among all concepts, which a method can have in place of the elastic net and the
greedy search: from moments in memory to explanations. Beside them is their ratio to the bare PᵀQ.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import numpy as np
from made_up import World
from measuring import Clock, beside, cores, layer_parser, peak_gib, show
from scipy.linalg.blas import ssyrk
from stages import run_stage, write_index, write_world

from linexp.artifacts import store
from linexp.fitting.data import FittingFiles, read_problem
from linexp.fitting.linear import explain

METHOD = {
    "kind": "linear",
    "presence": "pseudo",
    "solver": "exact",
    "lambda": 0.05,
    "alpha": 0.99,
    "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02},
}
SEARCH = {"search": {"max_concepts": 10, "tolerance": 0.02, "beam": 10, "swaps": True, "ridge": 0.01}}


def fit(folder: Path, files: dict[str, Path], threads: int) -> Iterator[tuple[str, Path, Callable[[Path], None]]]:
    """The stages from embeddings to explanations, each a name, its artifact and the work that makes it."""
    presence, moments = folder / "P.h5", folder / "moments.h5"
    later = files | {"presence": presence, "moments": moments}
    of_explainers = files | {name: [files[name]] for name in ("images", "concepts", "calibration")}
    explaining = {"method": METHOD, "neurons": None, "paper_parity": False}
    run = partial(run_stage, threads=threads)
    filtering = {"min_presence": 0.5, "paper_parity": False}
    yield "presence", presence, partial(run, "make_pseudo_presence", of_explainers, params=filtering)
    yield "moments", moments, partial(run, "compute_moments", later, params={})
    yield "explanations", folder / "explanations.parquet", partial(run, "explain_linear", later, params=explaining)


@cache
def some_array(*shape: int) -> np.ndarray:
    """The same one every time, whatever has been put into it: fresh memory would slow down what is measured later."""
    return np.random.default_rng(0).random(shape, np.float32)


def product_seconds(stage: str, n_rows: tuple[int, ...], n_columns: int, inner: int) -> float:
    """Seconds of a stage's bare products, on arrays in memory and into memory that has been touched.

    Parameters
    ----------
    n_rows
        Of P, product by product.
    n_columns
        Of P.
    inner
        The other size: of embeddings, or the neurons.
    """
    seconds = 0.0
    for n in n_rows:
        p = some_array(n, n_columns)
        if stage == "presence":
            product = partial(np.matmul, some_array(n, inner), some_array(n_columns, inner).T, out=p)
        elif stage == "moments":
            product = partial(ssyrk, 1.0, p.T, 0.0, some_array(n_columns, n_columns).T, overwrite_c=True)
        else:
            product = partial(np.matmul, some_array(n, inner).T, p, out=some_array(inner, n_columns))
        begin = time.perf_counter()
        product()
        seconds += time.perf_counter() - begin
    return seconds


def main() -> None:
    parser = layer_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    n_train, n_val, n_test = given.images, given.images // 7, 2 * given.images // 7
    n_images, n_concepts = n_train + n_val + n_test, round(1.6876 * given.concepts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_index(folder / "index.parquet", n_train, n_val, n_test)
        world = World.make(n_concepts, given.concepts, given.neurons, given.dim)
        files = write_world(folder, world, n_images) | {"index": folder / "index.parquet"}
        sources = FittingFiles(folder / "P.h5", folder / "moments.h5", files["activations"], files["index"])
        rounds, searches = [], []
        with ProcessPoolExecutor(1, get_context("spawn")) as beside_it:
            for _ in range(given.rounds):
                clock, products = Clock(), {}
                for stage, output, work in fit(folder, files, cores()):
                    output.unlink(missing_ok=True)  # as Snakemake does before a job
                    with clock(stage):
                        work(output)
                    kept = len(store.read_strings(folder / "P.h5", "concepts"))
                    sizes = {
                        "presence": ((n_images,), n_concepts, given.dim),
                        "moments": ((n_train, n_val), kept, kept),
                        "explanations": ((n_train, n_val), kept, given.neurons),
                    }
                    products[stage] = beside_it.submit(product_seconds, stage, *sizes[stage]).result()
                rounds.append((clock.seconds, products))
                problem = read_problem(sources, None, False, cores())
                begin = time.perf_counter()
                searched = explain(problem, SEARCH, threads=cores())
                searches.append(time.perf_counter() - begin)
                del problem
        stages, floor = (
            {stage: min(of[stage] for of in every) for stage in products} for every in zip(*rounds, strict=True)
        )
        peak = peak_gib()
        explained = store.read_table(folder / "explanations.parquet").to_pandas()
    result = {
        "benchmark": "fit",
        "train_images": n_train,
        "concepts_kept": f"{kept} of {n_concepts}",
        "neurons": given.neurons,
        **beside(sum(stages.values()), sum(floor.values())),
        "fit_peak_gib": peak,
        "second_model_seconds": stages["explanations"],
        "search_seconds": min(searches),
        "search_ratio_to_product": min(searches) / floor["explanations"],
        "search_mean_concepts": sum(len(one.concepts) for one in searched) / len(searched),
        "search_mean_val_correlation": mean(one.val_correlation or 0.0 for one in searched),
        "stages": stages,
        "floor": floor,
        "ratio_of_each_round": [sum(of.values()) / sum(floors.values()) for of, floors in rounds],
        "statuses": dict(Counter(explained["status"])),
        "mean_concepts": float(explained["concepts"].map(len).mean()),
        "mean_val_correlation": float(explained["val_correlation"].mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
