"""Simulation and scoring of a layer on test: explanations → simulated activations → all metrics, beside bare products.

    python benchmarks/simulation.py                                    # 5 methods, 2,048 neurons, 10,000 test images
    python benchmarks/simulation.py --others 40000                     # and 40,000 of other splits
    python benchmarks/simulation.py --images 2000 --neurons 256 --json

What runs are the scripts of the rules `simulate`, once for each method, and `score_explanations`, in one process, with
their artifacts on disk; `judging_seconds` is what `judge_explanations` takes between them, for verdicts.
A method explains each neuron by three to five of the concepts that move it, where there are as
many, and other ones. The floor is E·Tᵀ for the concepts that each method uses, on arrays in memory.
`correlation_seconds` is what correlation alone takes, for all methods. The data are described in made_up.py.
"""

import tempfile
from pathlib import Path

import h5py
import numpy as np
from made_up import World
from measuring import Clock, argument_parser, beside, cores, show
from stages import MADE_UP, run_stage, write_index, write_world

from linexp.artifacts import store
from linexp.explanations import by_weight, to_table
from linexp.metrics import METRICS, scores_of


def write_explanations(path: Path, world: World, seed: int) -> int:
    """Explanations of all neurons; returns how many concepts they use."""
    rng, n_concepts = np.random.default_rng(seed), len(world.concepts)
    explained, used = [], set()
    for neuron, weights in enumerate(world.weights.T):
        size = rng.integers(3, 6)
        causes = rng.permutation(np.flatnonzero(weights))[:size]
        chosen = np.union1d(causes, rng.integers(0, n_concepts, size - len(causes)))
        names = [f"concept {number}" for number in chosen]
        drawn = np.where(weights[chosen] != 0, weights[chosen], rng.gamma(2.0, 0.5, len(chosen)))
        explained.append(by_weight(neuron, names, drawn, 0.0, 0.5, "ok"))
        used.update(chosen.tolist())
    store.write_table(path, MADE_UP, to_table(explained))
    return len(used)


def floor(n_images: int, numbers_used: list[int], dim: int) -> float:
    """Seconds of the bare products."""
    clock, rng = Clock(), np.random.default_rng(0)
    images = rng.random((n_images, dim), np.float32)
    for n_used in numbers_used:
        concepts = rng.random((n_used, dim), np.float32)
        with clock("E·Tᵀ"):
            images @ concepts.T
    return clock.total


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=10_000, help="test images")
    parser.add_argument("--others", type=int, default=0, help="images of other splits")
    parser.add_argument("--methods", type=int, default=5)
    parser.add_argument("--concepts", type=int, default=5_000)
    parser.add_argument("--neurons", type=int, default=2_048)
    parser.add_argument("--dim", type=int, default=1_152, help="of the embeddings")
    given = parser.parse_args()
    n_images, clock, judging = given.images + given.others, Clock(), Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        split = write_index(folder / "index.parquet", given.others, 0, given.images)
        world = World.make(given.concepts, given.concepts, given.neurons, given.dim)
        files = write_world(folder, world, n_images) | {"index": folder / "index.parquet"}
        with h5py.File(files["activations"], "r+") as file:
            file["dead"] = world.kind == 3
        methods = [f"method {number}" for number in range(given.methods)]
        explanations, simulations = ([folder / f"{m}.{kind}" for m in methods] for kind in ("parquet", "h5"))
        used = [write_explanations(path, world, seed) for seed, path in enumerate(explanations)]
        with clock("simulate"):
            for explained, simulated in zip(explanations, simulations, strict=True):
                run_stage("simulate", files | {"explanations": explained}, simulated, {}, cores())
        of_pairs = {name: [files[name]] * len(methods) for name in ("images", "concepts", "calibration")}
        files |= {"explanations": explanations, "simulations": simulations, "verdicts": folder / "verdicts.parquet"}
        judged = files | of_pairs | {"vocabulary": of_pairs["concepts"], "moments": []}
        pairs = [{"method": method, "simulator": "simulator", "refit": {}} for method in methods]
        with judging("judge_explanations"):
            params = {"pairs": pairs, "neurons": None, "seed": 0}
            run_stage("judge_explanations", judged, folder / "verdicts.parquet", params, cores())
        without = {"ceilings": [], "missing": []}
        files |= without
        params = without | {"pairs": [(method, "simulator") for method in methods], "neurons": None}
        with clock("score_explanations"):
            run_stage("score_explanations", files, folder / "scores.parquet", params, cores())
        scores = store.read_table(folder / "scores.parquet").to_pandas()
        test = np.flatnonzero(split == "test")
        (activations,), (simulated,) = (
            store.read_arrays(path, name)
            for path, name in ((files["activations"], "activations"), (simulations[0], "simulated"))
        )
    correlation = Clock()
    with correlation("correlation"):
        scores_of({"correlation": METRICS["correlation"]}, simulated[test], activations[test], cores())
    bare = floor(n_images, used, given.dim)
    result = {
        "benchmark": "simulation",
        "images": n_images,
        "test_images": given.images,
        "methods": given.methods,
        "neurons": given.neurons,
        "mean_concepts_used": float(np.mean(used)),
        **beside(clock.total, bare),
        "stages": clock.seconds,
        "judging_seconds": judging.total,
        "correlation_seconds": given.methods * correlation.total,
        "mean_correlation": float(scores["correlation"].mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
