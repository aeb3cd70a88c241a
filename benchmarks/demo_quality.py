"""How good the demo is over several seeds: run it for each in a fresh copy, and measure its models and its means.

    .venv/bin/python benchmarks/demo_quality.py --seeds 0 1 2

For each seed: the mean AUC over labelled concepts on the test images of both image-text models, their calibrated
binary cross-entropy beside that of the base rate (nats), the mean test correlation of every method and control, what
LE (Label) is ahead of random concepts at the least (95 %, paired by neuron), and the seconds that the whole run took.
Then the same search at the same lengths as the paper's, by like_for_like.py.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from like_for_like import gains
from sklearn.metrics import roc_auc_score

REPOSITORY = Path(__file__).resolve().parents[1]


def run_demo(folder: Path, seed: int) -> float:
    """Check the last commit out into a folder, run it with a seed, and return the seconds it took."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    config = folder / "config.yaml"
    config.write_text(re.sub(r"^seed: \d+", f"seed: {seed}", config.read_text(), flags=re.MULTILINE))
    begin = time.time()
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--quiet", "all"]
    subprocess.run(command, cwd=folder, check=True)
    return time.time() - begin


def mean_auc(probe: Path, model: str) -> float:
    """Mean over labelled concepts of the area under the ROC curve on the test images."""
    test = np.flatnonzero(pd.read_parquet(probe / "index.parquet")["split"] == "test")
    with h5py.File(probe / "labels.h5") as file:
        labels = file["labels"][...][test]
    with h5py.File(probe / f"embeddings/{model}.h5") as file:
        images = file["embeddings"][...][test]
    with h5py.File(probe / f"concepts/labels/{model}.h5") as file:
        similarity = images @ file["embeddings"][...].T
    return float(np.mean([roc_auc_score(labels[:, j], similarity[:, j]) for j in range(labels.shape[1])]))


def measure(folder: Path) -> dict[str, float]:
    results = folder / "results"
    row = {}
    for role in ("explainer", "simulator"):
        calibration = json.loads((results / f"calibration/scenes_{role}.json").read_text())
        row[f"{role} AUC"] = mean_auc(results / "probes/scenes", f"scenes_{role}")
        row[f"{role} BCE"] = calibration["bce"]
    row["base rate"] = calibration["bce_base_rate"]
    summary = pd.read_csv(results / "scenes_resnet/layer4/summary.csv", keep_default_na=False)
    names = summary["method"].where(summary["control"] != "untrained", "untrained")
    means = dict(zip(names, pd.to_numeric(summary["correlation"]), strict=True))
    return row | means | {"ahead of random": lead(results / "scenes_resnet/layer4/scores.parquet")}


def lead(scores: Path) -> float:
    """The lower end of the 95 % interval of how far LE (Label) correlates better than random concepts, by neuron."""
    table = pd.read_parquet(scores).pivot(index="neuron", columns="method", values="correlation").fillna(0)
    difference = table["le_label"] - table["random_concepts"]
    return float(difference.mean() - 1.96 * difference.sem())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    rows, searched = [], []
    for seed in parser.parse_args().seeds:
        with tempfile.TemporaryDirectory() as folder:
            seconds = run_demo(Path(folder), seed)
            rows.append({"seed": seed, **measure(Path(folder)), "seconds": seconds})
            print(pd.DataFrame(rows).round(3).to_string(index=False), flush=True)
            searched.append(gains(Path(folder), "scenes_resnet", "layer4").assign(seed=seed))
            print(searched[-1].round(4).to_string(index=False), flush=True)
    means = pd.concat(searched).groupby(["method", "presence"]).mean(numeric_only=True).drop(columns="seed")
    print(f"means over {len(rows)} seeds:\n{means.round(4).to_string()}")


if __name__ == "__main__":
    main()
