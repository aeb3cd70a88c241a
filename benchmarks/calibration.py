"""Calibration of an image-text model (Eq. 5) on labelled images, beside the bare similarities.

    python benchmarks/calibration.py                                   # 50,000 images, 1,391 concepts
    python benchmarks/calibration.py --images 5000 --concepts 300 --json

What runs is the script of the rule, with its artifacts on disk. Labels are drawn from P, so a and b should come out as
those of made_up.py, where the data are described. The floor is E·Tᵀ on arrays in memory. The paper's grid search goes
over all pairs 30,000 times.
"""

import tempfile
from pathlib import Path

import numpy as np
from made_up import A, B, World
from measuring import Clock, argument_parser, beside, cores, show
from stages import MADE_UP, run_stage, write_index

from linexp.artifacts import store
from linexp.concepts.presence import probabilities


def write_labelled(folder: Path, world: World, n_images: int) -> dict[str, Path]:
    """The artifacts that the rule reads."""
    files = {name: folder / f"{name}.h5" for name in ("embeddings", "concepts", "labels")}
    files["index"] = folder / "index.parquet"
    write_index(files["index"], n_images, 0, 0)
    n_concepts, rng = len(world.concepts), np.random.default_rng(4)
    with store.create_arrays(files["embeddings"], MADE_UP) as file:
        store.write_rows(file, "embeddings", world.embeddings(n_images), n_images)
    drawn = [
        rng.random((len(block), n_concepts), np.float32) < probabilities(block, world.concepts, A, B)
        for block in world.embeddings(n_images)
    ]
    names = [f"concept {number}" for number in range(n_concepts)]
    store.write_arrays(files["concepts"], MADE_UP, {"embeddings": world.concepts, "concepts": names})
    labels = {"labels": np.concatenate(drawn).astype(np.uint8), "origins": ["class"] * n_concepts}
    labels["classes_covered"] = np.ones(n_concepts, np.int32)
    store.write_arrays(files["labels"], MADE_UP, labels)
    return files


def floor(n_images: int, n_concepts: int, dim: int) -> float:
    """Seconds of the bare product."""
    clock, rng = Clock(), np.random.default_rng(0)
    images, concepts = rng.random((n_images, dim), np.float32), rng.random((n_concepts, dim), np.float32)
    with clock("E·Tᵀ"):
        images @ concepts.T
    return clock.total


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--concepts", type=int, default=1_391)
    parser.add_argument("--dim", type=int, default=1_152, help="of the embeddings")
    given = parser.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_labelled(folder, World.make(given.concepts, given.concepts, 1, given.dim), given.images)
        params = {"calibration": {"probe": "made up"}, "paper_parity": False}
        with clock("calibrate"):
            run_stage("calibrate", files, folder / "calibration.json", params, cores())
        calibrated = store.read_json(folder / "calibration.json")
    bare = floor(given.images, given.concepts, given.dim)
    result = {
        "benchmark": "calibration",
        "images": given.images,
        "concepts": given.concepts,
        **beside(clock.total, bare),
        "a": calibrated["a"],
        "b": calibrated["b"],
        "drawn_from": {"a": A, "b": B},
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
