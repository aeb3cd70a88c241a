"""What the search among all concepts gains over the paper's greedy search, neuron by neuron at the same lengths.

    .venv/bin/python benchmarks/like_for_like.py scenes_resnet layer4

In a folder with a configuration: fits, beside LE (Label) and LE (SigLIP), a search with the same P and one with labels
and pseudo-labels together, each at the length that the paper's method chose for the neuron (`like`), and simulates all
of them. Prints mean correlations on the test images by the target's simulator, and the mean of the paired differences
with its 95 % interval.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from linexp.artifacts import store
from linexp.metrics import METRICS, scores_of
from linexp.probes.index import rows_of

CORRELATION = {"correlation": METRICS["correlation"]}
PRESENCE = {"le_label": "label", "le_siglip": "pseudo"}


def searches() -> dict[str, dict]:
    """Methods by name: of each of the paper's, the search with its P and with both, at its lengths."""
    return {
        f"{kind}_like_{method}": {"kind": "linear", "presence": kind, "search": {"like": method}}
        for method, presence in PRESENCE.items()
        for kind in (presence, "both")
    }


def correlations(layer: Path, simulator: str, methods: Sequence[str], test: np.ndarray) -> pd.DataFrame:
    """(n_neurons, n_methods) on the test images; 0 where undefined, as in summaries."""
    (activations,) = store.read_arrays(layer / "activations.h5", "activations")
    reached = {}
    for method in methods:
        (simulated,) = store.read_arrays(layer / f"simulations/{simulator}/{method}.h5", "simulated")
        reached |= {method: scores_of(CORRELATION, simulated[test], activations[test])["correlation"]}
    return pd.DataFrame(reached).fillna(0)


def gains(folder: Path, target: str, layer: str) -> pd.DataFrame:
    """One row for each of the paper's methods and search: both means, and the paired difference with its interval."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    settings, added = config["targets"][target], searches()
    simulator, results = settings["simulator"], folder / "results"
    names = [*PRESENCE, *added]
    files = [f"results/{target}/{layer}/simulations/{simulator}/{name}.h5" for name in names]
    with tempfile.TemporaryDirectory() as place:
        more = Path(place, "more.yaml")
        more.write_text(json.dumps({"methods": added}))
        command = [sys.executable, "-m", "snakemake", "--cores", "all", *files, "--quiet", "--configfile", str(more)]
        subprocess.run(command, cwd=folder, check=True)
    test = rows_of(store.read_table(results / f"probes/{settings['probe']}/index.parquet"), "test")
    reached = correlations(results / target / layer, simulator, names, test)
    rows = []
    for name, method in added.items():
        base, difference = method["search"]["like"], reached[name] - reached[method["search"]["like"]]
        mean, half = difference.mean(), 1.96 * difference.sem()
        ends = {"low": mean - half, "high": mean + half}
        row = {"method": base, "presence": method["presence"], "correlation": reached[base].mean()}
        rows.append(row | {"search": reached[name].mean(), "difference": mean} | ends)
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("layer")
    arguments = parser.parse_args()
    print(gains(Path(), arguments.target, arguments.layer).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
