"""Fitting a layer, beside the bare matrix products: embeddings → filter → P → moments → elastic net → greedy search.

    python benchmarks/fit.py                                   # the paper's size: about a minute, 8 GB of disk
    python benchmarks/fit.py --images 3500 --concepts 500 --neurons 256 --json

`--images` are those of train; val and test come on top in the proportions 35 : 5 : 10. `--concepts` are those that the
filter keeps; 1.7 times as many go in. What runs are the scripts of the rules, in one process, with their artifacts on
disk. The floor is the matrix products that nothing can avoid, on arrays in memory: E·Tᵀ for all concepts, PᵀP and PᵀQ
on train and val, in single precision by the same BLAS. The data are described in made_up.py.
"""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from made_up import World
from measuring import Clock, argument_parser, beside, cores, peak_gib, show
from scipy.linalg.blas import ssyrk
from stages import run_stage, write_index, write_world

from linexp import store

METHOD = {
    "kind": "linear",
    "presence": "pseudo",
    "solver": "exact",
    "lambda": 0.05,
    "alpha": 0.99,
    "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02},
}


def fit(folder: Path, files: dict[str, Path], threads: int) -> tuple[Clock, Path]:
    """Everything from embeddings to explanations: seconds of each stage, and the explanations."""
    clock = Clock()
    presence, moments, explanations = (folder / name for name in ("P.h5", "moments.h5", "explanations.parquet"))
    with clock("presence"):
        run_stage("make_pseudo_presence", files, presence, {"paper_parity": False}, threads)
    files = files | {"presence": presence, "moments": moments}
    with clock("moments"):
        run_stage("compute_moments", files, moments, {}, threads)
    with clock("explanations"):
        params = {"method": METHOD, "neurons": None, "paper_parity": False}
        run_stage("explain_linear", files, explanations, params, threads)
    return clock, explanations


def floor(n_train: int, n_val: int, n_images: int, n_concepts: int, n_kept: int, n_neurons: int, dim: int) -> Clock:
    """The bare products, on arrays in memory and into memory that has been touched."""
    clock, rng = Clock(), np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.random(shape, np.float32)

    images, concepts, p = random(n_images, dim), random(n_concepts, dim), random(n_images, n_concepts)
    with clock("E·Tᵀ"):
        np.matmul(images, concepts.T, out=p)
    del images, concepts, p
    gram, cross = np.asfortranarray(random(n_kept, n_kept)), random(n_neurons, n_kept)
    for n in (n_train, n_val):
        p, q = random(n, n_kept), random(n, n_neurons)
        with clock("PᵀP"):
            ssyrk(1.0, p.T, 0.0, gram, overwrite_c=True)
        with clock("PᵀQ"):
            np.matmul(q.T, p, out=cross)
    return clock


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=35_000, help="train images")
    parser.add_argument("--concepts", type=int, default=5_000, help="concepts that the filter keeps")
    parser.add_argument("--neurons", type=int, default=2_048)
    parser.add_argument("--dim", type=int, default=1_152, help="of the embeddings")
    given = parser.parse_args()
    n_train, n_val, n_test = given.images, given.images // 7, 2 * given.images // 7
    n_images, n_concepts = n_train + n_val + n_test, round(1.6876 * given.concepts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_index(folder / "index.parquet", n_train, n_val, n_test)
        world = World.make(n_concepts, given.concepts, given.neurons, given.dim)
        files = write_world(folder, world, n_images) | {"index": folder / "index.parquet"}
        stages, explanations = fit(folder, files, cores())
        peak = peak_gib()
        kept = len(store.read_strings(folder / "P.h5", "concepts"))
        explained = store.read_table(explanations).to_pandas()
    products = floor(n_train, n_val, n_images, n_concepts, kept, given.neurons, given.dim)
    result = {
        "benchmark": "fit",
        "train_images": n_train,
        "concepts_kept": f"{kept} of {n_concepts}",
        "neurons": given.neurons,
        **beside(stages.total, products.total),
        "fit_peak_gib": peak,
        "second_model_seconds": stages.seconds["explanations"],
        "stages": stages.seconds,
        "floor": products.seconds,
        "statuses": dict(Counter(explained["status"])),
        "mean_concepts": float(explained["concepts"].map(len).mean()),
        "mean_val_correlation": float(explained["val_correlation"].mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
