"""Compositional explanations: the formula of Broden labels of highest IoU; units start at 0."""

import re

from ..explanations import Explanation
from ..probes.broden_names import readable_name
from .format import Format, single
from .rows import Row


def _explain(row: Row, neuron: int) -> Explanation:
    return single(neuron, [_readable_formula(row.text("label")), readable_name(row.text("label_noncomp"))])


def _readable_formula(formula: str) -> str:
    """A formula such as `(harbor-s AND (NOT red-c))`, each label in it as `readable_name` has it."""
    return readable_name(re.sub(r"-[cs](?=[ )])", "", formula))


FORMAT = Format(("unit", "label", "label_noncomp"), _explain)
