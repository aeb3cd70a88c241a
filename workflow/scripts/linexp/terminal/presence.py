"""Any part of P as a table: also of places, whose P is stored nowhere."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..artifacts import store
from ..concepts.places import open_presence
from ..errors import LinexpError, suggest


def part_of(path: Path, rows: str | None, concepts: Sequence[str]) -> pd.DataFrame:
    """Some rows and concepts of P.

    Parameters
    ----------
    path
        Of a `P.h5`.
    rows
        From one to before another, as `0:100`; None for all.
    concepts
        Their names; empty for all that are kept.

    Returns
    -------
    pd.DataFrame
        `row`, the image or, of places, image · grid² + cell; then a column a concept.

    Raises
    ------
    LinexpError
        There are no such rows, or a concept is not kept.
    """
    known = store.read_strings(path, "concepts")
    for concept in concepts:
        if concept not in known:
            raise LinexpError(f"{path}: no concept {concept!r} is kept; {suggest(concept, known)}")
    columns = [known.index(concept) for concept in concepts or known]
    with open_presence(path) as presence:
        begin, end = _ends(rows, presence.shape[0])
        blocks = [block[:, columns] for block in presence.blocks(np.arange(begin, end))]
    table = pd.DataFrame(np.concatenate(blocks), columns=[known[column] for column in columns])
    table.insert(0, "row", np.arange(begin, end))
    return table


def _ends(rows: str | None, n_rows: int) -> tuple[int, int]:
    begin, _, end = (rows or f"0:{n_rows}").partition(":")
    if not (begin.isdecimal() and end.isdecimal() and int(begin) < int(end) <= n_rows):
        raise LinexpError(f"--rows: {rows!r} are no rows; give two numbers up to {n_rows:,}, such as 0:100")
    return int(begin), int(end)
