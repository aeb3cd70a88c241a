"""What figures of layers are drawn from, which of them a layer can have, and what they say."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from ..config.checks import Config
from ..errors import LinexpError
from ..figures.of_layer import FIGURES
from . import model_files
from .evaluation_files import drawn_calibrations, fitted_calibrations, has_labels, mapped_method
from .inputs import of_layer, target_of

IMPACT = "top_impact"
"""The figure that is also drawn of all layers of a target."""


def files(config: Config, wildcards) -> dict[str, str | list[str]]:
    """The artifacts of a figure, by the names that it gives."""

    def calibrations() -> list[str]:
        return [f"results/calibration/{name}.json" for name, _ in drawn_calibrations(config, wildcards)]

    places: dict[str, Callable[[], str | list[str]]] = {
        "scores": lambda: of_layer(wildcards, "scores.parquet"),
        "explanations": lambda: of_layer(wildcards, f"explanations/{mapped_method(config, wildcards)}.parquet"),
        "calibrations": lambda: [
            f"results/calibration/{name}.json" for name, _ in drawn_calibrations(config, wildcards)
        ],
        "impacts": lambda: [of_layer(wildcards, "impact.parquet")],
    }
    return {name: places[name]() for name in FIGURES[wildcards.figure].inputs}


def settings(config: Config, wildcards) -> dict[str, Any]:
    """The settings of a figure, by the names that it gives.

    Raises
    ------
    LinexpError
        Its name lists neurons, of which it has none.
    """
    wanted, title = FIGURES[wildcards.figure].settings, f"{wildcards.target} / {wildcards.layer}"
    if wildcards.neurons and "neurons" not in wanted:
        name = f"{wildcards.figure}{wildcards.neurons}"
        raise LinexpError(f"figures/{name}: {wildcards.figure} is of all neurons; ask for {wildcards.figure}")
    values = {
        "title": lambda: title,
        "simulator": lambda: target_of(config, wildcards)["simulator"],
        "method": lambda: mapped_method(config, wildcards),
        "neurons": lambda: [int(number) for number in wildcards.neurons.split("_")[1:]],
        "calibrated": lambda: drawn_calibrations(config, wildcards),
        "layers": lambda: [wildcards.layer],
    }
    return {name: values[name]() for name in wanted}


def caption(config: Config, wildcards) -> str:
    """What the report says of a figure."""
    layer = f"{wildcards.target} / {wildcards.layer}"
    return FIGURES[wildcards.figure].caption.format(layer=layer, **settings(config, wildcards))


def label(_config: Config, wildcards) -> str:
    """What a figure shows, in a few words."""
    return FIGURES[wildcards.figure].label + wildcards.neurons


def has_impact(layer: Mapping[str, Any]) -> bool:
    """Whether Top Impact of a layer is measured with the whole workflow: as ablation, where nothing else is said."""
    return layer.get("impact", layer["ablation"])


def _layers_of_impact(config: Config, wildcards) -> list[str]:
    """The layers in the figure of all: those that do not say `impact: false`.

    Raises
    ------
    LinexpError
        There are none.
    """
    layers = target_of(config, wildcards)["layers"]
    found = [name for name, layer in layers.items() if layer.get("impact", True)]
    if not found:
        raise LinexpError(
            f"targets.{wildcards.target}.layers: all say impact: false; take it out where it is asked for"
        )
    return found


def impacts_of_layers(config: Config, wildcards) -> list[str]:
    """Top Impact of the layers of a target."""
    return [f"results/{wildcards.target}/{layer}/impact.parquet" for layer in _layers_of_impact(config, wildcards)]


def settings_of_layers(config: Config, wildcards) -> dict[str, Any]:
    """The settings of the figure of all layers of a target."""
    return {"title": wildcards.target, "layers": _layers_of_impact(config, wildcards)}


def caption_of_layers(_config: Config, wildcards) -> str:
    """What the report says of it."""
    return FIGURES[IMPACT].caption.format(layer=f"all layers of {wildcards.target}")


def measures_impact(config: Config, wildcards) -> bool:
    """Whether the whole workflow measures Top Impact of a layer: it is to, and labels that the model knows are sure.

    Whether images have labels may take a look at them, and whether the model knows them, at its outputs.
    """
    layer = target_of(config, wildcards)["layers"][wildcards.layer]
    sure = model_files.class_map(config, wildcards) != "if_equal"
    return has_impact(layer) and sure and has_labels(config, wildcards)


def names_of_layer(config: Config, wildcards) -> list[str]:
    """The figures that the whole workflow draws of a layer: all that its settings and labels allow."""
    entry = target_of(config, wildcards)["layers"][wildcards.layer]
    has = {
        "ablation": entry["ablation"],
        "impact": has_impact(entry),
        "calibrations": bool(fitted_calibrations(config, wildcards)) and "places" not in entry,
        "labels": measures_impact(config, wildcards),
    }
    return [name for name, figure in FIGURES.items() if all(has[what] for what in figure.requires)]


def figures_of_layer(config: Config, wildcards) -> list[str]:
    """The files of these figures."""
    return [of_layer(wildcards, f"figures/{name}.svg") for name in names_of_layer(config, wildcards)]


def figures_of_run(config: Config, _wildcards) -> list[str]:
    """Those of every layer under `run`."""
    places = [SimpleNamespace(**dict(zip(("target", "layer"), run.split("/"), strict=True))) for run in config["run"]]
    return [file for place in places for file in figures_of_layer(config, place)]


def told_of_layer(config: Config, wildcards) -> list[tuple[str, str]]:
    """Of each figure of a layer what it shows in a few words, and its caption."""
    here = {"target": wildcards.target, "layer": wildcards.layer, "neurons": ""}
    places = [SimpleNamespace(**here, figure=name) for name in names_of_layer(config, wildcards)]
    return [(label(config, place), caption(config, place)) for place in places]
