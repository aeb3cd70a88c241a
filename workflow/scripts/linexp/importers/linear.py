"""Linear explanations: pairs of a weight and a concept, filled up with zeros, and a bias."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from ..artifacts import store
from ..errors import LinexpError
from ..explanations import CONSTANT, MISSING, NOT_CONVERGED, OK, UNEXPLAINED, Explanation
from .format import PUBLISHED, Format
from .rows import Row

PAIRS = 10
"""Concepts that a row has room for."""
_STATUSES = (OK, UNEXPLAINED, CONSTANT, MISSING, NOT_CONVERGED)
_PADDING = ("", "0", "0.0")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would compute, or that an apostrophe keeps from that."""
_PAIR = re.compile(r"(?:weight|concept)(\d+)")


def _explain(row: Row, neuron: int) -> Explanation:
    pairs = []
    for number in sorted({found[1] for found in map(_PAIR.fullmatch, row.cells) if found}, key=int):
        weight, concept = f"weight{number}", f"concept{number}"
        name = row.cells.get(concept, "")
        if name.strip() in _PADDING and (not row.text(weight) or row.number(weight) == 0):
            continue
        if not name.strip():
            raise row.error(concept, f"is blank, but {weight} is {row.text(weight)}", "name the concept")
        pairs.append((row.number(weight), name[1:] if name[0] == "'" and _FORMULA.match(name) else name))
    pairs.sort(key=lambda pair: -pair[0])
    status = row.text("status") or _usual_status(pairs)
    if status not in _STATUSES:
        raise row.error("status", "is not a status", f"write one of {', '.join(_STATUSES)}")
    return Explanation(
        neuron,
        [name for _, name in pairs],
        [weight for weight, _ in pairs],
        row.number("bias"),
        row.score("val correlation"),
        status,
    )


FORMAT = Format(("unit", "bias", "weight0", "concept0"), _explain)


def _usual_status(concepts: Sequence) -> str:
    return OK if concepts else UNEXPLAINED


def write_linear_csv(table: pa.Table, path: str | Path) -> None:
    """Write explanations as the published linear explanations are; `read_explanations` gives the same table back.

    A concept that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes away again.
    A column `status` is added where a status is not what the concepts tell (`ok` with, `unexplained` without any).

    Parameters
    ----------
    table
        As `read_explanations` gives it, with concepts by descending weight.

    Raises
    ------
    LinexpError
        A neuron has more than `PAIRS` concepts, or a concept or number that the format cannot hold.
    """
    rows = table.to_pylist()
    published = [name for name in PUBLISHED if name in table.column_names]
    status = ["status"] if any(row["status"] != _usual_status(row["concepts"]) for row in rows) else []
    pair_columns = [f"{part}{number}" for number in range(PAIRS) for part in ("weight", "concept")]
    scores = [PUBLISHED[name] for name in published]
    with store.atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "val correlation", *pair_columns, "bias", *scores, *status])
        for row in rows:
            pairs = [(weight, spreadsheet_text(name)) for weight, name in _pairs_to_write(row, path)]
            cells = [cell for pair in pairs for cell in pair]
            cells += [0.0, "0"] * (PAIRS - len(row["concepts"]))
            others = [row[name] for name in [*published, *status]]
            writer.writerow([row["neuron"], row["val_correlation"], *cells, row["bias"], *others])


def spreadsheet_text(text: str) -> str:
    """A text for a cell of a CSV file, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _pairs_to_write(row: Mapping, path: str | Path) -> list[tuple[float, str]]:
    pairs = list(zip(row["weights"], row["concepts"], strict=True))
    if len(pairs) > PAIRS:
        raise LinexpError(f"{path}: neuron {row['neuron']} has {len(pairs)} concepts; keep {PAIRS} at most")
    if not all(map(math.isfinite, [row["bias"], *row["weights"]])):
        raise LinexpError(f"{path}: neuron {row['neuron']} has a number that is not finite; explain it again")
    if any(not name.strip() or (name.strip() in _PADDING and weight == 0) for weight, name in pairs):
        raise LinexpError(f"{path}: neuron {row['neuron']} has a concept that reads as padding; leave it out")
    return pairs
