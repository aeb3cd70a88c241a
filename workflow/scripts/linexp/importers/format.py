"""What the registry knows of a published schema."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..explanations import UNEXPLAINED, Explanation
from .rows import Row

PUBLISHED = {
    "published_correlation": "sim correlation",
    "published_ablation_optim": "sim ablation(optim)",
    "published_ablation_norm": "sim ablation(norm)",
}
"""Columns of published scores, and what they are called in the files."""


@dataclass(frozen=True)
class Format:
    """A published schema.

    Attributes
    ----------
    columns
        Those that tell it from others; the first one holds the unit.
    explain
        Explains the neuron of a row.
    first_unit
        The number of the first unit of a layer.
    several
        A unit may have several rows; the first one that is not blank counts.
    told_by
        What a further column is called in it, where others have the same columns but count units otherwise; a file
        without such a column is of this schema only if the user says so.
    """

    columns: Sequence[str]
    explain: Callable[[Row, int], Explanation]
    first_unit: int = 0
    several: bool = False
    told_by: re.Pattern | None = None


def single(neuron: int, texts: Iterable[str]) -> Explanation:
    """The first text that is not blank, with weight 1 and bias 0, as §4 has it; `unexplained` where all are blank."""
    text = next(filter(None, texts), None)
    return Explanation(neuron, [text], [1.0]) if text else Explanation(neuron, status=UNEXPLAINED)


def described_by(*columns: str) -> Callable[[Row, int], Explanation]:
    """How a row is explained whose columns hold texts, best first."""
    return lambda row, neuron: single(neuron, map(row.text, columns))
