"""What Network Dissection works on."""

from types import SimpleNamespace

from ..config.checks import Config
from ..errors import LinexpError
from ..networks.units import units_kind
from ..probes import pixel_labels
from ..probes.kinds import KINDS
from .inputs import (
    Settings,
    activations_of,
    image_files,
    image_settings,
    pixel_label_files,
    pixel_label_settings,
    recorded,
    target_of,
)
from .model_files import layer_files

MAPS = ("module", "output", "channels", "units")
"""The settings of a layer that change where its neurons are active."""


def dissection_probe(config: Config, wildcards) -> str:
    """The data set with pixel labels that a method dissects on: its own or the target's.

    Raises
    ------
    LinexpError
        There is no such probe, or it has no pixel labels.
    """
    probe = config["methods"][wildcards.method].get("probe", target_of(config, wildcards)["probe"])
    place = f"methods.{wildcards.method}.probe"
    if probe not in config["probes"]:
        raise LinexpError(f"{place}: probe {probe!r} does not exist; use one of {', '.join(config['probes'])}")
    if config["probes"][probe]["kind"] not in pixel_labels.KINDS:
        kinds = pixel_labels.NAMED
        raise LinexpError(f"{place}: {probe!r} has no pixel labels; use a probe of kind {kinds}")
    return probe


def _images(config: Config, wildcards) -> SimpleNamespace:
    return SimpleNamespace(place="probes", images=dissection_probe(config, wildcards))


def dissected_images(config: Config, wildcards) -> Settings:
    """What opens the images to dissect on."""
    return image_settings(config, _images(config, wildcards))


def labelled_pixels(config: Config, wildcards) -> Settings:
    """The entry of those images, which says what pixel labels they have."""
    return pixel_label_settings(config, dissection_probe(config, wildcards))


def dissection_split(config: Config, wildcards) -> str:
    """The images to dissect on: of the target's own probe those that other methods are fitted on, else all."""
    own = dissection_probe(config, wildcards) == target_of(config, wildcards)["probe"]
    return "train" if own and not config["paper_parity"] else "all"


def dissected_layer(config: Config, wildcards) -> Settings:
    """The settings of a layer that change where its neurons are active.

    Raises
    ------
    LinexpError
        The layer gives no maps.
    """
    layer = target_of(config, wildcards)["layers"][wildcards.layer]
    kind = {"first": "tokens", "none": "scalars"}.get(layer["pool"])
    if kind:
        raise LinexpError(
            f"targets.{wildcards.target}.methods: {wildcards.method} needs maps, and layer {wildcards.layer} gives "
            f"{kind} (pool: {layer['pool']}); take it out"
        )
    return {key: layer[key] for key in MAPS if key in layer}


def dissection_files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """The inputs of Network Dissection."""
    probe = dissection_probe(config, wildcards)
    files = {
        **layer_files(config, wildcards),
        "images": image_files(config, _images(config, wildcards)),
        "pixel_labels": pixel_label_files(config, _images(config, wildcards)),
        "index": f"results/probes/{probe}/index.parquet",
    }
    if KINDS[config["probes"][probe]["kind"]].is_drawn:
        files["masks"] = f"results/probes/{probe}/masks.h5"
    entry = target_of(config, wildcards)["layers"][wildcards.layer].get("units")
    key = units_kind(entry).open_key if entry else None
    if key and key not in entry:  # what is recorded says it
        files["activations"] = activations_of(config, wildcards)
    return files


def dissection_of(config: Config, wildcards) -> str:
    """What the explanations of a layer are read off, or a `LinexpError` if it gives no maps."""
    dissected_layer(config, wildcards)
    return recorded(config, wildcards, f"{wildcards.layer}/dissections/{wildcards.method}.h5")
