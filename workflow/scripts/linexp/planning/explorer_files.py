"""What the explorer of a layer is made from."""

from collections.abc import Sequence
from types import SimpleNamespace

from ..config.checks import Config
from ..probes import sources
from . import figure_files
from .evaluation_files import Files, calibrated_models
from .inputs import (
    activations_of,
    index_of,
    linear_methods,
    of_images,
    of_layer,
    presence_folder,
    probe_files,
    probe_path,
    recorded,
    simulation_files,
    target_of,
    with_method,
)


def labelled_files(config: Config, wildcards, models: Sequence[str]) -> Files:
    """Labels, and what models make of the images and of the labelled concepts; nothing where there are no labels."""
    if not sources.possible_labels(config["probes"][target_of(config, wildcards)["probe"]]):
        return {}
    return {
        "labels": probe_path(config, wildcards, "labels.h5"),
        "known_images": [probe_path(config, wildcards, f"embeddings/{model}.h5") for model in models],
        "known_concepts": [probe_path(config, wildcards, f"concepts/labels/{model}.h5") for model in models],
    }


def files(config: Config, wildcards) -> Files:
    """What the explorer shows: all that is known of a layer, and the main simulator's view of its explanations.

    Stability where the target asks for it; outputs, head and effects where effects on the output are scored, and so the
    first two are there anyway; the figures that the whole workflow draws of the layer.
    """
    of_images(config, wildcards, "explorer")
    target = target_of(config, wildcards)
    methods, simulator = target["methods"], target["simulator"]
    views = [
        simulation_files(
            config,
            SimpleNamespace(target=wildcards.target, layer=wildcards.layer, method=method, simulator=simulator),
        )
        for method in methods
    ]
    linear = [with_method(wildcards, method) for method in linear_methods(config, wildcards)]
    models = [name for name, _ in calibrated_models(config, wildcards)]
    found: Files = {
        **labelled_files(config, wildcards, models),
        "images": probe_files(config, wildcards),
        "index": index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "scores": of_layer(wildcards, "scores.parquet"),
        "summary": of_layer(wildcards, "summary.csv"),
        "comparison": of_layer(wildcards, "comparison.csv"),
        "sanity": of_layer(wildcards, "sanity.csv"),
        "embeddings": probe_path(config, wildcards, f"embeddings/{simulator}.h5"),
        "calibration": f"results/calibration/{simulator}.json",
        "calibrations": [f"results/calibration/{name}.json" for name in models],
        "explanations": [view["explanations"] for view in views],
        "simulations": [of_layer(wildcards, f"simulations/{simulator}/{method}.h5") for method in methods],
        "concepts": [view["concepts"] for view in views],
        "presence": [f"{presence_folder(config, method)}/P.h5" for method in linear],
    }
    if target["stability"]:
        found["stability"] = [of_layer(wildcards, f"stability/{method.method}.parquet") for method in linear]
    if target["layers"][wildcards.layer]["ablation"]:
        found["outputs"] = recorded(config, wildcards, "outputs.h5")
        found["head"] = recorded(config, wildcards, f"{wildcards.layer}/head.h5")
        found["effects"] = of_layer(wildcards, "effects.h5")
    found["figures"] = figure_files.figures_of_layer(config, wildcards)
    return found
