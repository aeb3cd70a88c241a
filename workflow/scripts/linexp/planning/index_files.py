"""What the index of all layers is made from: the layers that are finished, and no other."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..config.checks import Config
from ..errors import LinexpError
from . import titles
from .inputs import Files, linear_methods, of_layer, target_of

INDEX = "results/index.html"


def finished(config: Config) -> Iterator[SimpleNamespace]:
    """Target and layer of those whose scores and summary are there, in the order of the configuration."""
    for target, entry in config["targets"].items():
        for layer in entry["layers"]:
            place = SimpleNamespace(target=target, layer=layer)
            if all(Path(of_layer(place, name)).exists() for name in ("scores.parquet", "summary.csv")):
                yield place


def files(tables: Mapping[int, Any], config: Config, _wildcards) -> Files:
    """Scores, summaries and explanations of the finished layers, calibrations and filled tables that are there.

    Parameters
    ----------
    tables
        The paper's, by their number.

    Raises
    ------
    LinexpError
        No layer is finished.
    """
    places = list(finished(config))
    if not places:
        first = next(iter(config["run"]), "{target}/{layer}")
        raise LinexpError(f"{INDEX}: no layer is finished; make one: snakemake --cores all results/{first}/summary.csv")
    return {
        "scores": [of_layer(place, "scores.parquet") for place in places],
        "summaries": [of_layer(place, "summary.csv") for place in places],
        "explanations": [
            of_layer(place, f"explanations/{method}.parquet")
            for place in places
            for method in target_of(config, place)["methods"]
        ],
        "calibrations": [path for _, path in _calibrations(config)],
        "tables": [path for _, path in _filled(tables)],
    }


def told(config: Config, _wildcards) -> list[dict[str, Any]]:
    """What the index says of each finished layer beyond its artifacts, in their order."""
    return [_told(config, place) for place in finished(config)]


def _told(config: Config, place: SimpleNamespace) -> dict[str, Any]:
    target = target_of(config, place)
    linear = linear_methods(config, place)
    page = f"{place.target}/{place.layer}/report/index.html"
    return {
        "target": place.target,
        "layer": place.layer,
        "simulator": target["simulator"],
        "titles": dict(zip(target["methods"], titles.method_titles(config, place), strict=True)),
        "main": (linear or target["methods"])[0],
        "report": page if Path("results", page).exists() else "",
    }


def models(config: Config, _wildcards) -> list[str]:
    """The image-text models whose calibrations are there."""
    return [name for name, _ in _calibrations(config)]


def captions(tables: Mapping[int, Any], _config: Config, _wildcards) -> list[str]:
    """What those of the paper's tables are called that are filled."""
    return [caption for caption, _ in _filled(tables)]


def _calibrations(config: Config) -> list[tuple[str, str]]:
    named = [(name, f"results/calibration/{name}.json") for name in config["image_text_models"]]
    return [(name, path) for name, path in named if Path(path).exists()]


def _filled(tables: Mapping[int, Any]) -> list[tuple[str, str]]:
    named = [(f"Table {n}: {table.caption}", f"results/tables/table_{n:02d}.csv") for n, table in tables.items()]
    return [(caption, path) for caption, path in named if Path(path).exists()]
