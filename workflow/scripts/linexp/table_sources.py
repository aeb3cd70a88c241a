"""Where the cells of the paper's tables are measured, and what stands in the way."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from . import image_sources
from .config import NO_IMPACT, NO_LABELS, Config, is_weights_file, targets_of_run
from .derived_targets import recorded_target
from .paper_tables import NOT_APPLICABLE, Cell, paper_tables


def table_cells(config: Config, number: int) -> list[Cell]:
    """The cells of a table with the files that they are measured from: the paper's, then those of layers under `run`.

    A cell whose data are not there has no files, and a note that says what is missing.

    Args:
        config: the configuration, checked. number: of the table.
    """
    table = paper_tables()[number]
    cells = table.cells()
    measured = {cell.measures for cell in cells}
    for place in _places(config, every_layer=number == 1):
        methods = config["targets"][place.partition("/")[0]]["methods"]
        cells += [cell for cell in table.further_cells(place, methods) if cell.measures not in measured]
    return [_with_files(config, cell) for cell in cells]


def _places(config: Config, every_layer: bool) -> list[str]:
    """The layers under `run`; or all layers of their targets, one by one and together."""
    if not every_layer:
        return list(dict.fromkeys(config["run"]))
    places = []
    for target in targets_of_run(config):
        layers = list(config["targets"][target]["layers"])
        together = ["+".join(layers)] if len(layers) > 1 else []
        places += [f"{target}/{layer}" for layer in [*layers, *together]]
    return places


def _with_files(config: Config, cell: Cell) -> Cell:
    if cell.printed == NOT_APPLICABLE:
        return cell
    note = obstacle(config, cell)
    if note:
        return replace(cell, note=note)
    target = cell.target if cell.artifact != "activations.h5" else recorded_target(config["targets"], cell.target)
    return replace(
        cell,
        files=tuple(f"results/{target}/{layer}/{cell.artifact}" for layer in cell.layers),
        simulator=config["targets"][cell.target]["simulator"] if cell.method else None,
    )


def obstacle(config: Config, cell: Cell) -> str | None:
    """What a cell cannot be measured without and is not there, in one line; None if all is there."""
    target = config["targets"].get(cell.target)
    if target is None:
        return "there is no such target in the configuration"
    for layer in cell.layers:
        if layer not in target["layers"]:
            return f"there is no layer {layer}"
        if cell.measure.startswith("ablation") and not target["layers"][layer]["ablation"]:
            return f"ablation is switched off for {layer}"
    if cell.method not in (None, *target["methods"]):
        return f"there is no method {cell.method}"
    return next(filter(None, _problems(config, cell, target)), None)


def _problems(config: Config, cell: Cell, target: Mapping[str, Any]) -> Iterator[str | None]:
    """Problems with what the artifact of a cell is made from, None for what is no problem."""
    probe = config["probes"][target["probe"]]
    no_images = _of_images(config, "probes", target["probe"])
    yield no_images
    yield from _of_model(config, target["model"])
    # whether images have labels may take a look at them
    labelled = bool(no_images) or _has_labels(target, probe)
    if cell.artifact == "impact.parquet" and not labelled:
        yield NO_IMPACT
    if cell.artifact == "scores.parquet":
        ablated = any(target["layers"][layer]["ablation"] for layer in cell.layers)
        if ablated and target["ablation"]["loss"] == "cross_entropy" and not labelled:
            yield NO_LABELS
        for name in [target["simulator"], *target["more_simulators"]]:
            yield from _of_image_text_model(config, name)
        for method in target["methods"]:
            for layer in cell.layers:
                yield from _of_method(config, method, cell.target, layer)


def scoring_problems(config: Config, target: str, layer: str) -> list[str]:
    """What the scores of a layer cannot be computed without and is not there, a line each."""
    cell = Cell("", "", "", "correlation", target, (layer,))
    return list(dict.fromkeys(filter(None, _problems(config, cell, config["targets"][target]))))


def _has_labels(target: Mapping[str, Any], probe: Mapping[str, Any]) -> bool:
    return target.get("class_map") != "none" and image_sources.has_classes(probe)


def _of_model(config: Config, model: Mapping[str, Any]) -> Iterator[str | None]:
    if model["source"] == "trained":
        yield _of_training(config, model["name"])
    else:
        yield _of_file(model.get("weights", model.get("checkpoint")))


def _of_training(config: Config, trained_model: str) -> str | None:
    return _of_images(config, "training_sets", config["trained_models"][trained_model]["images"])


def _of_images(config: Config, section: str, name: str) -> str | None:
    if name not in config[section]:
        return f"{section} has no {name}"
    problem = image_sources.missing(config[section][name])
    return f"{section}.{name}.{problem}" if problem else None


def _of_file(path: str) -> str | None:
    return f"{path} does not exist" if is_weights_file(path) and not os.path.isfile(path) else None


def _of_image_text_model(config: Config, name: str, calibrated: bool = True) -> Iterator[str | None]:
    model = config["image_text_models"][name]
    yield _of_training(config, model["trained"]) if "trained" in model else _of_file(model["pretrained"])
    if calibrated and "probe" in model["calibration"]:
        yield _of_images(config, "probes", model["calibration"]["probe"])


def _of_method(config: Config, name: str, target: str, layer: str) -> Iterator[str | None]:
    method = config["methods"][name]
    pseudo = method.get("presence") == "pseudo"
    if pseudo or method["kind"] == "clip_dissect":
        explainer = method.get("explainer", config["targets"][target]["explainer"])
        yield from _of_image_text_model(config, explainer, calibrated=pseudo)
    if method["kind"] == "network_dissection" and "probe" in method:
        yield _of_images(config, "probes", method["probe"])
    if method["kind"] == "imported":
        path = imported_path(config, name, target, layer)
        yield None if os.path.isfile(path) else f"methods.{name}.file: {path} does not exist"


def imported_path(config: Config, method: str, target: str, layer: str) -> str:
    """The file of an imported method for a layer; ~ and environment variables are filled in.

    A target that is `like` another takes the file of that one.
    """
    names = {"{target}": recorded_target(config["targets"], target), "{layer}": layer}
    path = config["methods"][method]["file"]
    for placeholder, name in names.items():
        path = path.replace(placeholder, name)
    return os.path.expanduser(os.path.expandvars(path))
