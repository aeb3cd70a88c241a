"""Where the cells of the paper's tables are measured, and what stands in the way."""

from dataclasses import asdict, replace
from typing import Any

from ..config.checks import Config, targets_of_run
from ..config.derived_targets import recorded_target
from ..planning import missing
from .tables import NOT_APPLICABLE, Cell, paper_tables


def cells_of(config: Config, number: int) -> list[Cell]:
    """The cells of a table with the files that they are measured from: the paper's, then those of layers under `run`.

    A cell whose data are not there has no files, and a note that says what is missing.

    Parameters
    ----------
    config
        The configuration, checked.
    number
        Of the table.
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
    found = (missing.problems(config, cell.artifact, cell.target, layer) for layer in cell.layers)
    return next((problem for problems in found for problem in problems), None)


def table_cells(config: Config, wildcards) -> list[dict[str, Any]]:
    """The cells of the table `number` as keyword arguments, with the files that they are measured from."""
    return [asdict(cell) for cell in cells_of(config, int(wildcards.number))]


def table_files(config: Config, wildcards) -> list[str]:
    """The artifacts that a table is measured from, each once."""
    return list(dict.fromkeys(path for cell in cells_of(config, int(wildcards.number)) for path in cell.files))
