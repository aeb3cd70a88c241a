"""How well image-text models know what is where, for the page: AUC, average precision and IoU over places."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .layer import AnyPath
from .scripts import rounded

MEASURES = ("auc", "average_precision", "iou")
OF_ALL = "(mean)"


def read_quality(paths: Sequence[AnyPath]) -> list[pd.DataFrame]:
    """A table a model, a row a concept, by concept; the one of all concepts is `OF_ALL`."""
    return [pd.read_csv(path, keep_default_na=False, na_values=[""]).set_index("concept") for path in paths]


def measures_of(table: pd.DataFrame, concept: str) -> list[float | None] | None:
    """AUC, average precision and IoU at places, then those of whole images; None of a concept that is not there."""
    if concept not in table.index:
        return None
    row = table.loc[concept]
    return rounded([float(row[name + of]) for of in ("", "_image") for name in MEASURES], 3)


def by_concept(tables: Sequence[pd.DataFrame], concepts: Sequence[str]) -> dict[int, list[Any]]:
    """By the number of a concept in how many test places it is, then the measures of each model."""
    found = {}
    for number, concept in enumerate(concepts):
        measures = [measures_of(table, concept) for table in tables]
        if tables and all(measures):
            found[number] = [int(tables[0].loc[concept, "places"]), *measures]
    return found
