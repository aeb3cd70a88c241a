"""Data as scripts: a page that is opened from disk may load a script, but may not fetch a file."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_script(folder: Path, name: str, value: Any) -> None:
    """Write `{folder}/{name}.js`, which hands a value to the page under its name.

    The value is JSON in a string, which a browser reads in half the time that the same takes as a literal of the
    language.
    """
    quoted = in_json(value).replace("\\", "\\\\").replace("'", "\\'")
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"linexp.receive({json.dumps(name)},JSON.parse('{quoted}'));\n", encoding="ascii")


def in_json(value: Any) -> str:
    """JSON in which all but ASCII and every `<` is escaped, so that it stays data wherever the text ends up.

    Values that are no numbers have to be None by now.
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def packed(values: np.ndarray) -> str:
    """Numbers as base64 of little-endian float32, row by row."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def short(value: float | None, digits: int = 5) -> float | None:
    """A number with a few significant digits; None for what is missing."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def rounded(values: Sequence[float | None] | np.ndarray, digits: int = 5) -> list[float | None]:
    return [short(value, digits) for value in values]


def without_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table whose numbers are shortened."""
    return {name: short(value) if isinstance(value, float) else value for name, value in row.items()}
