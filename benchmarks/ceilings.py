"""Ceilings of a layer by one P, beside the bare products and factorisations.

    python benchmarks/ceilings.py                              # the paper's size: some minutes, 4 GB of disk
    python benchmarks/ceilings.py --images 3500 --concepts 500 --neurons 256 --json

`--images` are those of train; val and test come on top in the proportions 35 : 5 : 10. `--concepts` are those that the
filter keeps. What is measured is the script of the rule, with its artifacts on disk. Its floor, on arrays in memory by
the same BLAS on as many threads, is what the two P alone take: the simulator's embeddings to P (E·Tᵀ), its PᵀP, PᵀQ of
both, and for each strength of both ridges a Cholesky factor and its solutions for all neurons, in single precision.
Processor time is told too, as it depends less on what else the machine does. The simulator sees what the explainer
does, as that takes as long. The data are described in made_up.py.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from fit import product_seconds
from measuring import beside, cores, layer_parser, peak_gib, show
from scipy.linalg import cho_factor, cho_solve
from stages import made_presence, run_stage

from linexp.artifacts import store
from linexp.fitting.ridge import STRENGTHS
from linexp.scoring.reasons import CEILINGS


def product_times(*sizes) -> np.ndarray:
    """Seconds of a stage's bare products (`product_seconds`) by the clock, and of processor time."""
    product_seconds(*sizes)  # which makes its arrays
    begin = time.process_time()
    seconds = product_seconds(*sizes)
    return np.array([seconds, time.process_time() - begin])


def factor_times(n_concepts: int, n_neurons: int) -> np.ndarray:
    """The same of a Cholesky factor and its solutions, for each strength of a ridge."""
    rng, seconds = np.random.default_rng(0), np.zeros(2)
    gram = np.asfortranarray(rng.random((n_concepts, n_concepts), np.float32))
    right = rng.random((n_concepts, n_neurons), np.float32)
    for _ in STRENGTHS:
        whole = gram.copy(order="F")
        whole[np.diag_indices_from(whole)] += n_concepts
        begin = np.array([time.perf_counter(), time.process_time()])
        cho_solve(cho_factor(whole, lower=True, overwrite_a=True, check_finite=False), right, check_finite=False)
        seconds += [time.perf_counter(), time.process_time()] - begin
    return seconds


def main() -> None:
    parser = layer_parser(__doc__)
    parser.add_argument("--threads", type=int, default=cores())
    given = parser.parse_args()
    n_train, n_val = given.images, given.images // 7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = made_presence(folder, given)
        kept = len(store.read_strings(folder / "P.h5", "concepts"))
        before, of_processor = time.perf_counter(), time.process_time()
        run_stage("measure_ceilings", files, folder / "ceilings.parquet", {"neurons": None}, given.threads)
        seconds, of_processor = time.perf_counter() - before, time.process_time() - of_processor
        table, peak = store.read_table(folder / "ceilings.parquet").to_pandas(), peak_gib()
    with ProcessPoolExecutor(1, get_context("spawn")) as beside_it:

        def bare(stage: str, n_columns: int, inner: int) -> np.ndarray:
            return beside_it.submit(product_times, stage, (n_train, n_val), n_columns, inner).result()

        parts = {
            "E·Tᵀ": bare("presence", kept, given.dim),
            "PᵀP": bare("moments", kept, given.dim),
            "PᵀQ, twice": 2 * bare("explanations", kept, given.neurons),
            "factors, twice": 2 * beside_it.submit(factor_times, kept, given.neurons).result(),
        }
    floor, floor_of_processor = sum(parts.values())
    result = {
        "benchmark": "ceilings",
        "train_images": n_train,
        "concepts_kept": kept,
        "neurons": given.neurons,
        "threads": given.threads,
        **beside(seconds, floor),
        "floor_parts": {name: part[0] for name, part in parts.items()},
        "processor_seconds": of_processor,
        "floor_processor_seconds": floor_of_processor,
        "peak_gib": round(peak, 2),
        **{f"mean_{name}": float(table[name].mean()) for name in CEILINGS},
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
