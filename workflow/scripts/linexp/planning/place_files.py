"""What is made of the parts of images that a target sees: its crops, and what covers their cells."""

from types import SimpleNamespace

from ..config.checks import Config
from ..probes.kinds import KINDS
from .inputs import Files, Settings, image_files, image_settings, index_of, pixel_label_files, probe_files
from .model_files import has_network, target_files


def crop_files(config: Config, wildcards) -> Files:
    """What a target sees of its probe follows from: images, and what its preprocessing is read from."""
    of_network = {name: files for name, files in target_files(config, wildcards).items() if name != "weights"}
    return of_network | {"images": probe_files(config, wildcards), "index": index_of(config, wildcards)}


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
    return config["probes"][wildcards.probe]
