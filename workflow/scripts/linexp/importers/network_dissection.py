"""Network Dissection: the Broden label of highest IoU; units start at 1."""

import re

from ..explanations import Explanation
from ..probes.broden_names import readable_name
from .format import Format, single
from .rows import Row


def _explain(row: Row, neuron: int) -> Explanation:
    return single(neuron, [readable_name(row.text("label"))])


FORMAT = Format(("unit", "category", "label"), _explain, first_unit=1, told_by=re.compile("-(label|iou)$"))
