"""Top Impact of a last layer from cached logits, beside the exponentials alone.

    python benchmarks/impact.py                                        # 50,000 images, 2,048 neurons, 1,000 classes
    python benchmarks/impact.py --images 2000 --neurons 128 --json

What runs is the script of the rule, with its artifacts on disk; the layer is made up (made_up_layer.py). The floor is
one exponential for each image, neuron and class in double precision, in the processor's cache and on all cores,
measured for at most 32 neurons and scaled.
"""

import tempfile
from pathlib import Path

import numpy as np
from made_up_layer import LastLayer
from measuring import Clock, argument_parser, beside, cores, show
from stages import MADE_UP, run_stage, write_index

from linexp.artifacts import store
from linexp.effects.impact import BLOCK_LOGITS
from linexp.jobs.parallel import for_slices

TEMPERATURE = 1.1


def write_layer(folder: Path, layer: LastLayer) -> dict[str, Path]:
    """The artifacts that the rule reads."""
    files = {name: folder / f"{name}.h5" for name in ("activations", "outputs", "head")} | {
        "index": folder / "index.parquet"
    }
    write_index(files["index"], len(layer.labels), 0, 0)
    store.write_arrays(files["activations"], MADE_UP, {"activations": layer.activations})
    with store.create_arrays(files["outputs"], MADE_UP) as file:
        file["logits"], file["labels"] = layer.logits, layer.labels
        file.attrs["temperature"] = TEMPERATURE
    with store.create_arrays(files["head"], MADE_UP) as file:
        file["weight"], file["bias"] = layer.weight, np.zeros(len(layer.weight), np.float32)
        file.attrs["linear"] = True
        file.attrs["of_units"] = False
    return files


def floor(n_images: int, n_neurons: int, n_classes: int) -> float:
    """Seconds of the exponentials."""
    clock, measured = Clock(), min(n_neurons, 32)
    rows = max(1, BLOCK_LOGITS // n_classes)
    logits = np.random.default_rng(0).normal(-10, 3, (rows, n_classes))

    def exponentials(images: slice) -> None:
        block = logits[: min(images.stop, n_images) - images.start]
        exponential = np.empty_like(block)
        for _ in range(measured):
            np.exp(block, out=exponential)

    with clock("exp"):
        for_slices(exponentials, n_images, cores(), rows)
    return clock.total * n_neurons / measured


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--neurons", type=int, default=2_048)
    parser.add_argument("--classes", type=int, default=1_000)
    given = parser.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_layer(folder, LastLayer.make(given.images, given.neurons, given.classes))
        with clock("measure_impact"):
            run_stage("measure_impact", files, folder / "impact.parquet", {"neurons": None}, cores())
        table = store.read_table(folder / "impact.parquet").to_pandas()
    bare = floor(given.images, given.neurons, given.classes)
    result = {
        "benchmark": "impact",
        "images": given.images,
        "neurons": given.neurons,
        "classes": given.classes,
        **beside(clock.total, bare),
        "mean_top_impact": {
            f"{beta:g}": float(mean) for beta, mean in table.groupby("beta")["top_impact"].mean().items()
        },
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
