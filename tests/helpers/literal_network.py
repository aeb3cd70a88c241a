"""The network of a finished project with its images, labels, splits and temperature, without the workflow's readers."""

from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import torch

from linexp import scenes
from linexp.networks import targets
from linexp.probes import sources
from linexp.probes.batches import decoded_batches


def literal_network(folder: Path) -> SimpleNamespace:
    """`network`, `images`, `labels`, `rows` by split, `temperature` and `layer`, which gives the folder of one.

    Parameters
    ----------
    folder
        Of the project.
    """
    folder = folder / "results"
    files = {"training": folder / "models/net/training.json", "weights": folder / "models/net/weights.safetensors"}
    network, preprocess = targets.open_target({}, files, seed=0)
    source = sources.open_source(
        {
            "kind": "parquet",
            "files": [str(folder / "probes/scenes/images.parquet")],
            "image": "image",
            "label": "label",
            "class_names": list(scenes.CLASS_NAMES),
        }
    )
    decoded = [source.image(row) for row in range(len(source))]
    index = pd.read_parquet(folder / "probes/scenes/index.parquet")
    with h5py.File(folder / "net/outputs.h5") as file:
        temperature = float(file.attrs["temperature"])
    return SimpleNamespace(
        network=network,
        images=torch.cat(list(decoded_batches(decoded, preprocess, 64, 1))),
        labels=index["label"].to_numpy().astype(np.int64),
        rows={split: np.flatnonzero(index["split"] == split) for split in ("val", "test")},
        temperature=temperature,
        layer=lambda name: folder / "net" / name,
    )
