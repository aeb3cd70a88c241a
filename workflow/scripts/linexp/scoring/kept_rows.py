"""Rows of a table that is made again for other explanations: those of explanations that are the same are kept."""

import sys
from collections.abc import Callable, Iterable

import pandas as pd

from ..artifacts import store
from ..errors import LinexpError


def kept_rows(
    path: str,
    provenance: store.Provenance,
    but: Iterable[str],
    common: Iterable[str],
    read: Callable[[str], pd.DataFrame],
) -> tuple[set[str], pd.DataFrame]:
    """The inputs of a table that are the same as when it was made, and the table; nothing of both if no row counts.

    Parameters
    ----------
    path, provenance, but, common
        As for `store.still_made_from`.
    read
        Reads the table.
    """
    same = store.still_made_from(path, provenance, but, common)
    if not same:
        return set(), pd.DataFrame()
    try:
        return same, read(path)
    except LinexpError as damage:
        print(f"nothing is kept: {damage}", file=sys.stderr)
        return set(), pd.DataFrame()
