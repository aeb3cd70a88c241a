"""How long Snakemake takes to plan a large configuration before the first job, and the memory of that.

    python benchmarks/dag.py                            # 20 targets of 10 layers, 500 listed neurons in each
    python benchmarks/dag.py --targets 200 --layers 1   # the same with as many lists of neurons as layers
    python benchmarks/dag.py --targets 4 --layers 5 --json
    python benchmarks/dag.py --finished                 # also when all is made already; minutes to prepare

The targets are copies of the demo's. What is timed is `snakemake --dry-run` in a copy of the workflow, from starting
Python to the table of jobs. The floor is the same for one layer: starting Python and Snakemake, reading rules and
configuration.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import yaml
from measuring import Clock, argument_parser, beside, show

from linexp.artifacts import store
from linexp.artifacts.attributes import read_attributes
from linexp.artifacts.weights import write_weights
from linexp.planning.recipes import recipe_path

REPOSITORY = Path(__file__).resolve().parents[1]
CODE = ("Snakefile", "rules", "workflow", "envs", "profiles")
DEMO = "scenes_resnet"


def copy_workflow(folder: Path, targets: int, layers: int, neurons: int, blocks: int) -> None:
    """The workflow with a configuration of its own: copies of the demo's target with every second neuron listed."""
    for name in CODE:
        (shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy2)(REPOSITORY / name, folder / name)
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    demo = config["targets"][DEMO] | {"neurons": list(range(0, 2 * neurons, 2)), "neuron_blocks": blocks}
    demo["layers"] = {f"layer{number}": demo["layers"]["layer4"] for number in range(layers)}
    config["targets"] = {f"target{number}": demo for number in range(targets)}
    config["run"] = [f"{target}/{layer}" for target in config["targets"] for layer in demo["layers"]]
    # without aliases: each list is in the file as often as a user writes it
    dumper = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    (folder / "config.yaml").write_text(yaml.dump(config, Dumper=dumper), encoding="utf-8")


def snakemake(folder: Path, *arguments: str) -> tuple[str, float]:
    """What a run of Snakemake to its end says, and the peak of its memory in GiB."""
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *arguments]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(text)
    return text, usage.ru_maxrss / 2**20


def make_all(folder: Path) -> None:
    """Put an artifact without content in the place of every one that is planned, made by its recipe."""
    summary, _ = snakemake(folder, "--summary")
    outputs = [line.partition("\t")[0] for line in summary.splitlines() if line.startswith("results/")]
    with contextlib.chdir(folder):
        waiting = {output: recipe_of(output) for output in outputs}
        while waiting:
            for output in [name for name, recipe in waiting.items() if not waiting.keys() & set(recipe["made_from"])]:
                recipe = waiting.pop(output)
                made_from = {path: read_attributes(path)["id"] for path in recipe["made_from"]}
                parts = {part: recipe[part] for part in ("code", "files")}
                made = store.Provenance(recipe["made_by"], recipe["settings"], "", parts, made_from)
                make_empty(Path(output), made)
    snakemake(folder, "--touch", "--quiet", "all")


def recipe_of(output: str) -> dict:
    """The recipe of an artifact that is planned."""
    if output.endswith("training.json"):  # of the same job as the weights beside it
        output = output.replace("training.json", "weights.safetensors")
    return json.loads(recipe_path(output).read_text(encoding="utf-8"))


def make_empty(path: Path, made: store.Provenance) -> None:
    """An artifact that says how it was made, and no more."""
    match path.suffix:
        case ".h5":
            store.write_arrays(path, made, {})
        case ".parquet":
            store.write_table(path, made, pa.table({}))
        case ".json":
            store.write_json(path, made, {})
        case ".safetensors":
            write_weights(path, {}, made)
        case _:
            with store.create_file(path, made) as temporary:
                temporary.touch()


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--targets", type=int, default=20)
    parser.add_argument("--layers", type=int, default=10, help="of each target")
    parser.add_argument("--neurons", type=int, default=500, help="listed for each layer")
    parser.add_argument("--blocks", type=int, default=1, help="neuron_blocks of each target")
    parser.add_argument("--finished", action="store_true", help="also when all is made already")
    given = parser.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        copy_workflow(Path(one), 1, 1, given.neurons, 1)
        copy_workflow(Path(many), given.targets, given.layers, given.neurons, given.blocks)
        snakemake(Path(one), "--dry-run", "--quiet", "rules")  # compiles what is imported
        with clock("one layer"):
            snakemake(Path(one), "--dry-run", "--quiet", "rules")
        with clock("all layers"):
            planned, peak = snakemake(Path(many), "--dry-run", "--quiet", "rules")
        jobs = int(re.search(r"^total +(\d+)", planned, re.MULTILINE)[1])
        finished = {}
        if given.finished:
            make_all(Path(many))
            with clock("finished"):
                said, peak_finished = snakemake(Path(many), "--dry-run", "--quiet", "rules")
            if "Nothing to be done" not in said:
                raise SystemExit(said)
            finished = {"finished_seconds": clock.seconds["finished"], "finished_peak_gib": peak_finished}
    seconds = clock.seconds["all layers"]
    result = {
        "benchmark": "dag",
        "layers": given.targets * given.layers,
        "neurons": given.targets * given.layers * given.neurons,
        **beside(seconds, clock.seconds["one layer"]),
        "jobs": jobs,
        "jobs_per_second": jobs / seconds,
        "peak_gib": peak,
        **finished,
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
