"""What is made of the parts of images that a target sees: its crops, and what covers their cells."""

from types import SimpleNamespace

from ..config.checks import Config
from ..errors import LinexpError
from ..probes.kinds import KINDS
from .inputs import (
    AND,
    Files,
    Settings,
    image_files,
    image_index_of,
    image_settings,
    of_layer,
    pixel_label_files,
    pixel_label_settings,
    places_of,
    probe_files,
    probe_path,
    view_of,
)
from .model_files import has_network, target_files


def crop_files(config: Config, wildcards) -> Files:
    """What a target sees of its probe follows from: images, and what its preprocessing is read from."""
    of_network = {name: files for name, files in target_files(config, wildcards).items() if name != "weights"}
    return of_network | {"images": probe_files(config, wildcards), "index": image_index_of(config, wildcards)}


def _images(wildcards) -> SimpleNamespace:
    return SimpleNamespace(place="probes", images=wildcards.probe)


def area_files(config: Config, wildcards) -> Files:
    """What areas are measured from: masks, and the crops of a target that has a network."""
    files: Files = {
        "images": image_files(config, _images(wildcards)),
        "pixel_labels": pixel_label_files(config, _images(wildcards)),
        "index": f"results/probes/{wildcards.probe}/index.parquet",
    }
    if KINDS[config["probes"][wildcards.probe]["kind"]].is_drawn:
        files["masks"] = f"results/probes/{wildcards.probe}/masks.h5"
    if has_network(config, wildcards.target):
        files["crops"] = f"results/{wildcards.target}/crops.h5"
    return files


def measured_images(config: Config, wildcards) -> Settings:
    """What opens the images of a probe."""
    return image_settings(config, _images(wildcards))


def labelled_pixels(config: Config, wildcards) -> Settings:
    """The entry of a probe, which says what pixel labels it has."""
    return pixel_label_settings(config, wildcards.probe)


def pseudo_places_files(config: Config, wildcards) -> Files:
    """What pseudo-labels of places are made from; those of whole images say which words are kept."""
    probe, names = f"results/probes/{wildcards.probe}", wildcards.explainers.split(AND)
    places = f"{probe}/places/{wildcards.target}_{wildcards.grid}"
    return {
        "index": f"{probe}/places/{wildcards.grid}/index.parquet",
        "images": [f"{places}/{name}.h5" for name in names],
        "concepts": [f"{probe}/concepts/{wildcards.concept_set}/{name}.h5" for name in names],
        "calibration": [f"{places}/{name}.json" for name in names],
        "whole": f"{probe}/P/{wildcards.concept_set}/{wildcards.explainers}/P.h5",
    }


def pixel_simulation_files(config: Config, wildcards) -> dict[str, str]:
    """What a simulation by pixel labels is made from: the areas themselves.

    Raises
    ------
    LinexpError
        The layer is not at places.
    """
    grid = places_of(config, wildcards)
    if not grid:
        layer = f"target {wildcards.target}: layer {wildcards.layer}"
        raise LinexpError(f"{layer} is not explained at places, which pixel_labels simulates; give it `places`")
    areas = probe_path(config, wildcards, f"places/{view_of(config, wildcards, grid)}/areas.h5")
    return {"explanations": of_layer(wildcards, f"explanations/{wildcards.method}.parquet"), "areas": areas}
