"""The tables of the paper: the figures that it prints, and the same figures measured on a user's targets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from ..artifacts import store
from ..errors import LinexpError
from ..scoring.summary import counted
from ..scoring.uncertainty import mean_intervals

FIGURES = Path(__file__).parents[1] / "resources" / "paper_tables.yaml"
NOT_APPLICABLE = "n/a"
PERCENTAGES = ("dead", "top_impact")
"""Measures that are printed as percentages."""
ARTIFACTS = {"dead": "activations.h5", "top_impact": "impact.parquet"}
"""The artifact of a layer that a measure is taken from, where it is not `scores.parquet`."""
SCORES = {
    "correlation": "correlation",
    "correlation_alive": "correlation",
    "ablation_optim": "ablation_optim",
    "ablation_norm": "ablation_norm",
    "mean_length": "n_concepts",
}
"""The column of `scores.parquet` that a measure averages."""
COLUMNS = [
    *("table", "row", "column", "measure", "printed", "paper", "paper_se", "paper_length"),
    *("measured", "se", "low", "high", "length", "neurons", "target", "layer", "method", "simulator", "note"),
]
_PRINTED = re.compile(r"([\d.]+)(%?)(?: ± ([\d.]+))?(?: \(([\d.]+)\))?")


@dataclass(frozen=True)
class Cell:
    """One figure of a table.

    Attributes
    ----------
    row, column
        Its headings.
    printed
        As the paper prints it; empty in a user's own rows.
    measure
        A key of `SCORES` or `ARTIFACTS`.
    target, layers, method, simulator, beta
        What it is measured on; several layers are taken together.
    files
        An artifact for each layer; none where it is not measured.
    note
        Why it is not.
    """

    row: str
    column: str
    printed: str
    measure: str
    target: str
    layers: tuple[str, ...]
    method: str | None = None
    beta: float | None = None
    simulator: str | None = None
    files: tuple[str, ...] = ()
    note: str = ""

    @property
    def artifact(self) -> str:
        """The name of the artifact that it is measured from."""
        return ARTIFACTS.get(self.measure, "scores.parquet")

    @property
    def measures(self) -> tuple:
        """What two cells have in common that measure the same."""
        return self.measure, self.target, self.layers, self.method, self.beta


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper.

    Attributes
    ----------
    caption
        In our words.
    stub
        Heading of the row labels.
    entry
        In the file of figures.
    elsewhere
        For targets the methods that are run in a target of their own, and its name.
    variants
        The method that stands in for one that a user's own layer does not have.
    """

    caption: str
    stub: str
    entry: Mapping[str, Any]
    elsewhere: Mapping[str, Mapping[str, str]]
    variants: Mapping[str, str]

    def cells(self) -> list[Cell]:
        """The cells that the paper fills, row by row."""
        rows = self.entry["rows"].items()
        return [cell for label, row in rows for cell in self._row(label, row, self.elsewhere)]

    def further_cells(self, place: str, methods: Sequence[str]) -> list[Cell]:
        """The cells of a user's own layer that can be filled; none if the table has no rows for it.

        Parameters
        ----------
        place
            `target/layer`, or `target/layer+layer` for several together.
        methods
            That it is explained by.
        """
        templates = self.entry.get("further", {}).items()
        rows = [(label.format(place=place), {**row, "at": place}) for label, row in templates]
        cells = [cell for label, row in rows for cell in self._row(label, row, {})]
        stand_ins = {name: other for name, other in self.variants.items() if other in methods}
        own = {None: None} | stand_ins | {name: name for name in methods}
        return [replace(cell, method=own[cell.method]) for cell in cells if cell.method in own]

    def _row(self, label: str, row: Mapping[str, Any], elsewhere: Mapping[str, Mapping[str, str]]) -> Iterator[Cell]:
        settings = {**self.entry, **row}
        columns, (target, _, layers) = settings["columns"], settings["at"].partition("/")
        blank = [None] * len(columns)
        methods, betas = settings.get("methods", blank), settings.get("betas", blank)
        printed = row["paper"].split(" | ") if "paper" in row else [""] * len(columns)
        for column, method, beta, figure in zip(columns, methods, betas, printed, strict=True):
            owner = elsewhere.get(target, {}).get(method, target)
            yield Cell(label, column, figure, settings["measure"], owner, tuple(layers.split("+")), method, beta)


@cache
def paper_tables() -> dict[int, PaperTable]:
    """The tables by their numbers in the paper."""
    content = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))
    shared = content["elsewhere"], content["variants"]
    return {number: PaperTable(e["caption"], e["stub"], e, *shared) for number, e in content["tables"].items()}


def printed_figure(printed: str) -> tuple[float, float, float]:
    """A printed figure as value, standard error and length; NaN for what is not there, 0.05 for 5%.

    The paper's ± is the standard error of the mean over neurons, s/√n, not a 95 % interval: its published scores of
    single neurons (ResNet-18, layer 4) give 0.0033, 0.0041 and 0.0052 where it prints 0.003, 0.004 and 0.005.
    """
    if printed in ("", NOT_APPLICABLE):
        return np.nan, np.nan, np.nan
    value, percent, error, length = _PRINTED.fullmatch(printed).groups()
    return float(value) / (100 if percent else 1), float(error or "nan"), float(length or "nan")


def fill(number: int, cells: Sequence[Cell], seed: int) -> pd.DataFrame:
    """Measure the cells of a table.

    A mean is over all neurons, undefined scores counting 0; `correlation_alive` leaves out dead neurons, `top_impact`
    those without any effect on the output.

    Parameters
    ----------
    number
        Of the table.
    cells
        With the files of those that are to be measured.
    seed
        Of the bootstrap.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`, one row a cell: the printed figure as text and as numbers (fractions, not percentages), the mean
        `measured` with its standard error `se` and 95 % bootstrap interval `low`, `high`, the mean number of concepts
        `length`, the number of `neurons`, and what was measured; missing where there is nothing.
    """
    tables = {path: _read(path) for path in dict.fromkeys(path for cell in cells for path in cell.files)}
    rows = []
    for cell in cells:
        values, length = cell_values(cell, [tables[path] for path in cell.files])
        mean, se, low, high = (float(part[0]) for part in mean_intervals(values[:, None], seed))
        rows.append(
            asdict(cell)
            | dict(zip(("paper", "paper_se", "paper_length"), printed_figure(cell.printed), strict=True))
            | {"table": number, "layer": "+".join(cell.layers), "neurons": len(values) if cell.files else None}
            | {"measured": mean, "se": se, "low": low, "high": high, "length": length}
        )
    return pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"neurons": "Int64"})


def read_filled(path: str | Path | TextIO) -> pd.DataFrame:
    """A table of `fill` from its CSV file; what is empty is missing, and `n/a` a printed figure like others."""
    text = dict.fromkeys(["row", "column", "measure", "printed", "target", "layer", "method", "simulator", "note"], str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])


def cell_values(cell: Cell, tables: Sequence[pd.DataFrame]) -> tuple[NDArray[np.float64], float]:
    """The values of single neurons that a cell is the mean of, and the mean number of concepts (NaN without).

    Parameters
    ----------
    tables
        The content of its artifacts; none gives no values.

    Raises
    ------
    LinexpError
        An artifact has no scores of the cell's method.
    """
    if not tables:
        return np.empty(0), np.nan
    if cell.measure == "dead":
        return pd.concat(tables)["dead"].to_numpy(float), np.nan
    if cell.measure == "top_impact":
        impacts = pd.concat(tables)
        return impacts.loc[impacts["beta"] == cell.beta, "top_impact"].dropna().to_numpy(float), np.nan
    column = SCORES[cell.measure]
    scores = pd.concat(counted(table, [column]) for table in tables)
    rows = scores[(scores["method"] == cell.method) & (scores["simulator"] == cell.simulator)]
    if rows.empty:
        place = f"{cell.method} with simulator {cell.simulator}"
        raise LinexpError(f"{cell.files[0]} has no scores of {place}; delete it and run again")
    if cell.measure.endswith("_alive"):
        rows = rows[~rows["dead"].astype(bool)]
    return rows[column].to_numpy(float), float(rows["n_concepts"].mean())


def _read(path: str) -> pd.DataFrame:
    if path.endswith(".h5"):
        return pd.DataFrame({"dead": store.read_arrays(path, "dead")[0]})
    return store.read_table(path).to_pandas()
