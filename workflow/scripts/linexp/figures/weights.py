"""The heat map of weights: which concepts the explanations of some neurons are made of, and which they share."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..errors import LinexpError
from ..explanations import Explanation
from .layout import dress, note, page, text_colour
from .style import INK, STYLE, minus, number_text, short_name

N_NEURONS = 12
MAX_CONCEPTS = 40
COLOURS = LinearSegmentedColormap.from_list("weights", ["#D55E00", "#FFFFFF", "#0072B2"])


class WeightMap(NamedTuple):
    """Weights by concept and neuron.

    Attributes
    ----------
    concepts
        (m,) in the order in which the neurons bring them, by descending weight each.
    weights
        (m, n_neurons) float64; NaN where an explanation lacks the concept.
    left_out
        Number of concepts beyond `MAX_CONCEPTS`: those of the smallest weights relative to their neuron's.
    """

    concepts: list[str]
    weights: NDArray[np.float64]
    left_out: int


def ranked_neurons(correlations: Mapping[int, float | None], n_neurons: int = N_NEURONS) -> list[int]:
    """Neurons by a fixed rule: evenly spaced by rank of their score, the best and the last one included.

    Parameters
    ----------
    correlations
        By neuron; those without one come last. Of equal ones the lower number comes first.
    """
    last = -np.inf

    def rank(neuron: int) -> tuple[float, int]:
        value = correlations[neuron]
        return -(last if value is None or np.isnan(value) else value), neuron

    ranked = sorted(correlations, key=rank)
    places = np.linspace(0, len(ranked) - 1, min(n_neurons, len(ranked)))
    return [ranked[place] for place in np.rint(places).astype(int)]


def select(explanations: Sequence[Explanation], neurons: Sequence[int]) -> list[Explanation]:
    """The explanations of some neurons, in their order.

    Raises
    ------
    LinexpError
        One of them is not explained.
    """
    known = {explanation.neuron: explanation for explanation in explanations}
    for neuron in neurons:
        if neuron not in known:
            raise LinexpError(f"neuron {neuron} is not explained; ask for neurons from {min(known)} to {max(known)}")
    return [known[neuron] for neuron in neurons]


def weight_map(explanations: Sequence[Explanation], max_concepts: int = MAX_CONCEPTS) -> WeightMap:
    """The weights of some explanations, a column each."""
    importance: dict[str, float] = {}
    for explanation in explanations:
        largest = max(map(abs, explanation.weights), default=0.0) or 1.0
        for concept, weight in zip(explanation.concepts, explanation.weights, strict=True):
            importance[concept] = max(importance.get(concept, 0.0), abs(weight) / largest)
    kept = set(sorted(importance, key=lambda concept: -importance[concept])[:max_concepts])
    concepts = [concept for concept in importance if concept in kept]
    row = {concept: number for number, concept in enumerate(concepts)}
    weights = np.full((len(concepts), len(explanations)), np.nan)
    for column, explanation in enumerate(explanations):
        for concept, weight in zip(explanation.concepts, explanation.weights, strict=True):
            if concept in kept:
                weights[row[concept], column] = weight
    return WeightMap(concepts, weights, len(importance) - len(concepts))


def draw_weight_map(explanations: Sequence[Explanation], layer: str, method: str, chosen: str = "") -> Figure:
    """A row a concept, a column a neuron; the colour is the weight as a part of the neuron's largest one.

    Parameters
    ----------
    chosen
        A sentence about how the neurons were chosen.
    """
    concepts, weights, left_out = weight_map(explanations)
    largest = np.abs(np.nan_to_num(weights)).max(axis=0, initial=0)
    relative = weights / np.where(largest > 0, largest, 1)
    rows, columns = weights.shape
    with matplotlib.rc_context(STYLE):
        width, height = max(520 + 85 * columns, 900), 290 + 36 * rows
        figure, axes = page(width, height, f"{layer}: weights of concepts ({method})")
        axes.set(xlim=(0, columns), ylim=(0, max(rows, 1)))
        if concepts:
            axes.pcolormesh(relative, cmap=COLOURS, vmin=-1, vmax=1, edgecolors="#EDEDED", linewidth=1)
        for place in np.argwhere(np.isfinite(weights)):
            colour = text_colour(COLOURS((relative[tuple(place)] + 1) / 2))
            text, (y, x) = number_text(weights[tuple(place)]), place + 0.5
            axes.text(x, y, text, ha="center", va="center_baseline", size=7.5, color=colour)
        axes.set_yticks(np.arange(rows) + 0.5, [short_name(concept) for concept in concepts])
        neurons = [f"{one.neuron}" if one.concepts else f"{one.neuron}\n{minus(one.status)}" for one in explanations]
        axes.set_xticks(np.arange(columns) + 0.5, neurons)
        axes.set_xlabel("neuron", color=INK)
        axes.xaxis.set_label_position("top")
        axes.xaxis.tick_top()
        axes.invert_yaxis()
        dress(axes)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        colours = "Blue: positive, orange: negative, as a part of the neuron's largest weight."
        rest = f"{left_out} concepts of small weight are left out." if left_out else ""
        told = [colours if concepts else "None of these neurons is explained with a concept.", rest, chosen]
        note(axes, " ".join(filter(None, told)))
    return figure
