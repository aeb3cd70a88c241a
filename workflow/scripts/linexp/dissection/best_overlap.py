"""Network Dissection (Bau et al., 2017): the concept whose masks overlap most with where a neuron is active.

`dissection` measures the overlaps, and says where that departs from the publication.
"""

from collections.abc import Sequence

import numpy as np

from ..errors import LinexpError
from ..explanations import CONSTANT, UNEXPLAINED, Explanation

DETECTOR_IOU = 0.04
"""The publication calls a neuron with a higher IoU a detector of its concept (§3.1)."""


def explain(
    iou: np.ndarray, constant: np.ndarray, neurons: Sequence[int], concepts: Sequence[str], minimum_iou: float = 0.0
) -> list[Explanation]:
    """The concept with the highest IoU for every neuron, the first of equals, with weight 1 as §4 has it.

    A neuron whose highest IoU is 0 or below `minimum_iou` is unexplained.

    Parameters
    ----------
    iou, constant
        Of the neurons of the layer, as in `dissection.Dissection`.
    neurons
        The numbers of those to explain.
    concepts
        The names.

    Raises
    ------
    LinexpError
        The layer has no such neuron.
    """
    if max(neurons) >= len(iou):
        raise LinexpError(f"neurons: {max(neurons)} is not in the layer, which has neurons 0 to {len(iou) - 1}")
    explanations = []
    for neuron in map(int, neurons):
        best = int(iou[neuron].argmax())
        if constant[neuron]:
            explanations.append(Explanation(neuron, status=CONSTANT))
        elif iou[neuron, best] == 0 or iou[neuron, best] < minimum_iou:
            explanations.append(Explanation(neuron, status=UNEXPLAINED))
        else:
            explanations.append(Explanation(neuron, [concepts[best]], [1.0]))
    return explanations


def summary(iou: np.ndarray) -> str:
    """One line on the neurons of a layer: their mean IoU, and how many are detectors."""
    best = iou.max(axis=1)
    return f"{len(best)} neurons: mean IoU {best.mean():.4f}, {(best > DETECTOR_IOU).sum()} above {DETECTOR_IOU}"
