"""FALCON: for groups of features lists of words and of phrases with their scores, best first, as Python literals."""

import ast

from ..explanations import Explanation
from .format import Format, single
from .rows import Row


def _explain(row: Row, neuron: int) -> Explanation:
    columns = ("concept_set_noun_phrases", "concept_set_words")
    return single(neuron, (name for column in columns for name in _names_of_literal(row, column)))


def _names_of_literal(row: Row, column: str) -> list[str]:
    """The names in a Python literal such as `[('red fox', 0.2), ('snow', 0.1)]`."""
    try:
        entries = ast.literal_eval(row.text(column) or "[]")
        names: list[str] | None = [entry[0].strip() for entry in entries if isinstance(entry, tuple)]
    except (ValueError, SyntaxError, TypeError, AttributeError, IndexError, MemoryError, RecursionError):
        names = None
    if names is None or len(names) != len(entries):
        raise row.error(column, "is not a list of concepts", "write one such as [('red fox', 0.2), ('snow', 0.1)]")
    return names


FORMAT = Format(("group", "concept_set_noun_phrases"), _explain)
