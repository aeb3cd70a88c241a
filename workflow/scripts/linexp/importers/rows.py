"""The rows of a CSV file; what is wrong with one is said with its number, as a spreadsheet shows it."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import LinexpError

_MAX_NEURON = 2**31 - 1


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes
    ----------
    place
        The file and the number of the row as a spreadsheet shows it.
    cells
        Texts by column.
    """

    place: str
    cells: Mapping[str, str]

    def error(self, column: str, problem: str, remedy: str) -> LinexpError:
        cell = self.cells.get(column, "")
        shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
        return LinexpError(f"{self.place}, column {column!r}: {shown!r} {problem}; {remedy}")

    def text(self, column: str) -> str:
        """A cell without the blanks around it; "" where there is none."""
        return self.cells.get(column, "").strip()

    def number(self, column: str) -> float:
        try:
            value = float(self.text(column))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(column, "is not a finite number", "write one such as 0.25")
        return value

    def score(self, column: str) -> float | None:
        """A number that may be undefined: None where it is blank, `nan` or has no column."""
        return None if self.text(column).lower() in ("", "nan") else self.number(column)

    def neuron(self, column: str, first: int) -> int:
        """The neuron, counted from 0, of a unit that is counted from `first`."""
        unit = self.number(column)
        if not unit.is_integer() or not first <= unit <= _MAX_NEURON:
            raise self.error(column, "is not a unit", f"write a whole number from {first}")
        return int(unit) - first


def read_rows(path: str | Path) -> list[Row]:
    """The rows below the header, at least one; blank ones are left out."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LinexpError(f"{path} cannot be read ({error.strerror}); give a CSV file of explanations") from error
    except UnicodeDecodeError as error:
        raise LinexpError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from error
    if "\0" in text:
        raise LinexpError(f"{path} is not text; give a CSV file of explanations")
    numbered, number = [], 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if any(cell.strip() for cell in cells):
                numbered.append((number, cells))
    except csv.Error as error:
        raise LinexpError(f"{path}, row {number + 1}: is not CSV ({error}); check its quotes") from error
    if len(numbered) < 2:
        raise LinexpError(f"{path} has no explanations; give a CSV file with a header and rows")
    header = [name.strip() for name in numbered[0][1]]
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice:
        raise LinexpError(f"{path}, row {numbered[0][0]}: column {twice!r} is there twice; keep one")
    rows = []
    for number, cells in numbered[1:]:
        place = f"{path}, row {number}"
        if len(cells) != len(header):
            raise LinexpError(
                f"{place}: has {len(cells)} cells, the header {len(header)}; put names with commas in quotes"
            )
        rows.append(Row(place, dict(zip(header, cells, strict=True))))
    return rows
