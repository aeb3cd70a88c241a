"""What the explorer of a layer is made from."""

from collections.abc import Sequence
from types import SimpleNamespace

from ..concepts.sets import PIXEL_LABELS
from ..config.checks import Config
from ..errors import LinexpError
from ..probes import sources
from . import figure_files, map_files
from .dense_files import has_pixel_labels
from .evaluation_files import Files, calibrated_models
from .inputs import (
    activations_of,
    embeddings_of,
    image_index_of,
    linear_methods,
    of_layer,
    places_of,
    presence_folder,
    probe_files,
    probe_path,
    recorded,
    simulation_files,
    target_of,
    view_of,
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
    first two are there anyway; the figures that the whole workflow draws of the layer. At places what is of images
    alone is left out, and there is the quality of P where pixel labels tell.

    Raises
    ------
    LinexpError
        The main simulator is no image-text model.
    """
    target, grid = target_of(config, wildcards), places_of(config, wildcards)
    methods, simulator = target["methods"], target["simulator"]
    if simulator == PIXEL_LABELS:
        said = f"target {wildcards.target}: the explorer tries explanations by its simulator, which is {PIXEL_LABELS}"
        raise LinexpError(f"{said}; name an image-text model, and that under more_simulators")
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
        "images": probe_files(config, wildcards),
        "index": image_index_of(config, wildcards),
        "activations": activations_of(config, wildcards),
        "scores": of_layer(wildcards, "scores.parquet"),
        "summary": of_layer(wildcards, "summary.csv"),
        "comparison": of_layer(wildcards, "comparison.csv"),
        "embeddings": embeddings_of(config, wildcards, simulator)["images"],
        "calibration": embeddings_of(config, wildcards, simulator)["calibration"],
        "calibrations": [embeddings_of(config, wildcards, name)["calibration"] for name in models],
        "explanations": [view["explanations"] for view in views],
        "simulations": [of_layer(wildcards, f"simulations/{simulator}/{method}.h5") for method in methods],
        "concepts": [view["concepts"] for view in views],
        "figures": figure_files.figures_of_layer(config, wildcards),
    }
    if grid:
        view = view_of(config, wildcards, grid)
        found["crops"] = f"results/{view.removesuffix(f'_{grid}')}/crops.h5"
        if has_pixel_labels(config, target["probe"]):
            folder = probe_path(config, wildcards, f"places/{view}/quality")
            found["quality"] = [f"{folder}/{name}.csv" for name in models]
        return found
    found |= labelled_files(config, wildcards, models)
    found |= map_files.of_shown(config, wildcards, "shown")
    found["sanity"] = of_layer(wildcards, "sanity.csv")
    found["presence"] = [f"{presence_folder(config, method)}/P.h5" for method in linear]
    if target["stability"]:
        found["stability"] = [of_layer(wildcards, f"stability/{method.method}.parquet") for method in linear]
    if target["layers"][wildcards.layer]["ablation"]:
        found["outputs"] = recorded(config, wildcards, "outputs.h5")
        found["head"] = recorded(config, wildcards, f"{wildcards.layer}/head.h5")
        found["effects"] = of_layer(wildcards, "effects.h5")
    return found
