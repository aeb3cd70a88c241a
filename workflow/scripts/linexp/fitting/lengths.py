"""How many concepts the explanations of a reference have, for methods that take over its lengths."""

from collections.abc import Sequence

from ..errors import LinexpError
from ..explanations import Explanation


def lengths_of(reference: Sequence[Explanation], neurons: Sequence[int]) -> list[int]:
    """The number of concepts that a reference explains each of the neurons by.

    Raises
    ------
    LinexpError
        The reference leaves a neuron out.
    """
    lengths = {explanation.neuron: len(explanation.concepts) for explanation in reference}
    for neuron in neurons:
        if neuron not in lengths:
            raise LinexpError(f"the reference for lengths does not explain neuron {neuron}; explain it again")
    return [lengths[neuron] for neuron in neurons]
