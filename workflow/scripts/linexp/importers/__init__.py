"""Published explanation files as tables of explanations. A schema is a file of its name, and its line here."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import LinexpError
from ..explanations import MISSING, UNEXPLAINED, Explanation, to_table
from .format import PUBLISHED, Format
from .linear import write_linear_csv
from .rows import Row, read_rows

_NAMES = (
    "linear",
    "compositional",
    "network_dissection",
    "milannotations",
    "description",
    "invert",
    "describe_and_dissect",
    "describe_and_dissect_fc",
    "falcon",
)

FORMATS: dict[str, Format] = {name: import_module(f".{name}", __name__).FORMAT for name in _NAMES}

__all__ = [
    "FORMATS",
    "PUBLISHED",
    "Format",
    "check_layer_size",
    "complete",
    "read_explanations",
    "write_linear_csv",
]


def read_explanations(path: str | Path, format: str = "auto", layer: str | None = None) -> pa.Table:
    """Read a published file of explanations, in the order of its rows.

    A single text has weight 1 and bias 0 (§4): of several annotations, labels or phrases of a unit it is the first.
    A unit that is there without a text or concept is `unexplained`; one that is not there has no row (see `complete`).

    Parameters
    ----------
    path
        A CSV file in UTF-8.
    format
        A name in `FORMATS`; `auto` tells it by the header.
    layer
        The name of the layer in the file; needed where it has several, ignored where it has no such column.

    Returns
    -------
    pa.Table
        The columns of `explanations.to_table`, and those of `PUBLISHED` that the file has (double, null where
        undefined).

    Raises
    ------
    LinexpError
        The file is not CSV or of no known format, or a row is wrong; the message names the row.
    """
    rows = read_rows(path)
    header = rows[0].cells
    known = _format_of(path, header, format)
    found: dict[int, tuple[Row, Explanation]] = {}
    for row in _of_layer(path, rows, layer):
        column = known.columns[0]
        neuron = row.neuron(column, known.first_unit)
        if neuron in found and not known.several:
            first = found[neuron][0].place.rpartition(", ")[2]
            raise row.error(column, f"is there twice, first in {first}", "keep one row a unit")
        explained = known.explain(row, neuron)
        if neuron not in found or found[neuron][1].status == UNEXPLAINED:
            found[neuron] = (row, explained)
    table = to_table([explained for _, explained in found.values()])
    for ours, theirs in PUBLISHED.items():
        if theirs in header:
            scores = [row.score(theirs) for row, _ in found.values()]
            table = table.append_column(ours, pa.array(scores, pa.float64()))
    return table


def _format_of(path: str | Path, header: Iterable[str], name: str) -> Format:
    if name != "auto" and name not in FORMATS:
        raise LinexpError(f"format: {name!r} is not known; take auto or one of {', '.join(FORMATS)}")
    candidates = FORMATS if name == "auto" else {name: FORMATS[name]}
    for known, candidate in candidates.items():
        if set(candidate.columns) <= set(header):
            if name == "auto" and candidate.told_by and not any(map(candidate.told_by.search, header)):
                raise LinexpError(
                    f"{path}: its columns do not tell whether units are counted from 0 or from 1; "
                    f"count them from {candidate.first_unit} and say `format: {known}`"
                )
            return candidate
    described = "; ".join(f"{name} ({', '.join(candidate.columns)})" for name, candidate in candidates.items())
    raise LinexpError(f"{path}: the header does not fit; give a comma-separated file with the columns of {described}")


def _of_layer(path: str | Path, rows: Sequence[Row], layer: str | None) -> list[Row]:
    if "layer" not in rows[0].cells:
        return list(rows)
    layers = list(dict.fromkeys(row.text("layer") for row in rows))
    listed = ", ".join(map(repr, layers))
    if layer is None and len(layers) > 1:
        raise LinexpError(f"{path}: has the layers {listed}; say which one with `layer`")
    if layer is not None and layer not in layers:
        raise LinexpError(f"{path}: has no layer {layer!r}; take one of {listed}")
    return [row for row in rows if row.text("layer") == (layers[0] if layer is None else layer)]


def complete(table: pa.Table, neurons: Iterable[int]) -> pa.Table:
    """The rows of the given neurons in ascending order; one that has none gets status `missing`."""
    wanted = {int(neuron) for neuron in neurons}
    kept = table.filter(pc.is_in(table["neuron"], value_set=pa.array(sorted(wanted), pa.int32())))
    absent = wanted - set(kept["neuron"].to_pylist())
    missing = to_table([Explanation(neuron, status=MISSING) for neuron in absent])
    return pa.concat_tables([kept, missing], promote_options="default").sort_by("neuron")


def check_layer_size(table: pa.Table, n_neurons: int, path: str | Path) -> None:
    """Raise a `LinexpError` if the file explains a neuron that the layer does not have."""
    last = max(table["neuron"].to_pylist())
    if last >= n_neurons:
        raise LinexpError(
            f"{path}: explains neuron {last}, but the layer has {n_neurons} neurons; is it the file of another layer?"
        )
