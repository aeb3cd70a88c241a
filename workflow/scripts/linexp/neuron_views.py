"""What a picture of a neuron shows, and the numbers behind it: bins, areas and ranges of its activation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import store
from .errors import LinexpError
from .explanations import Explanation, from_table

N_BINS = 8
MAX_AREAS = 10
IMAGES_PER_RANGE = 5
PRESENT = 0.5
"""An image has a concept if P says so at least as surely as this."""


@dataclass(frozen=True)
class ViewFiles:
    """The artifacts that views are read from, all of one probe.

    Attributes:
        explanations: by method, in the order to show them in.
        presence: the P of the charted method; None if none is charted.
    """

    index: str | Path
    activations: str | Path
    scores: str | Path
    explanations: Mapping[str, str | Path]
    presence: str | Path | None = None

    def same_probe(self) -> str:
        named = [self.index, self.activations, self.scores, *self.explanations.values()]
        return store.same_probe(*named, *([self.presence] if self.presence else []))


class Explained(NamedTuple):
    """One method's explanation of a neuron, with its correlation on test; None where that is undefined."""

    method: str
    explanation: Explanation
    correlation: float | None


@dataclass(frozen=True)
class NeuronView:
    """What a picture of a neuron needs.

    Attributes:
        layer: the name of the layer, as in titles.
        activations: (n_images,) float32 over all probe images.
        explained: one entry a method.
        charted: the method that the area chart shows; None for no method.
        concepts, weights: (n_concepts,) of the charted explanation, by descending weight.
        presence: (n_images, n_concepts) float32, the columns of P of these concepts.
    """

    layer: str
    neuron: int
    activations: np.ndarray
    explained: Sequence[Explained]
    charted: str | None
    concepts: Sequence[str]
    weights: np.ndarray
    presence: np.ndarray

    def is_constant(self) -> bool:
        return bool(np.ptp(self.activations) == 0)


def read_views(
    files: ViewFiles, layer: str, neurons: Sequence[int], charted: str | None, simulator: str
) -> list[NeuronView]:
    """Read the views of some neurons, and P only once for all of them.

    Args:
        charted: the linear method whose explanation the area chart shows, made from `files.presence`; or None.
        simulator: the simulator whose correlations are shown.

    Raises:
        LinexpError: a neuron is not in the layer or not explained.
    """
    explained = _read_explained(files, neurons, simulator)
    shown = [_of_method(methods, charted) for methods in explained]
    with store.open_arrays(files.activations) as file:
        activations = [store.read_column(file["activations"], neuron) for neuron in neurons]
    if files.presence:
        presence = _read_presence(files.presence, [explanation.concepts for explanation in shown])
    else:
        presence = [np.zeros((len(values), 0), np.float32) for values in activations]
    return [
        NeuronView(layer, neuron, values, methods, charted, chart.concepts, np.array(chart.weights), columns)
        for neuron, values, methods, chart, columns in zip(
            neurons, activations, explained, shown, presence, strict=True
        )
    ]


def _of_method(explained: Sequence[Explained], method: str | None) -> Explanation:
    return next((one.explanation for one in explained if one.method == method), Explanation(-1))


def _read_explained(files: ViewFiles, neurons: Sequence[int], simulator: str) -> list[list[Explained]]:
    """For each neuron, all methods in the order of `files.explanations`."""
    tables = {method: from_table(store.read_table(path)) for method, path in files.explanations.items()}
    by_neuron = {method: {one.neuron: one for one in table} for method, table in tables.items()}
    for method, known in by_neuron.items():
        for neuron in neurons:
            if neuron not in known:
                raise LinexpError(
                    f"neuron {neuron} is not explained by {method}; ask for one of its {len(known)} neurons, "
                    f"{min(known)} to {max(known)}"
                )
    scores = {
        (row["method"], row["neuron"]): row["correlation"]
        for row in store.read_table(files.scores).to_pylist()
        if row["simulator"] == simulator
    }
    return [
        [Explained(method, by_neuron[method][neuron], scores.get((method, neuron))) for method in by_neuron]
        for neuron in neurons
    ]


def _read_presence(path: str | Path, wanted: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """The columns of P of each list of concepts, (n_images, n_concepts) each."""
    column = {concept: number for number, concept in enumerate(store.read_strings(path, "concepts"))}
    used = sorted({column[concept] for concepts in wanted for concept in concepts})
    with store.open_arrays(path) as file:
        p = np.concatenate([block[:, used] for block in store.row_blocks(file["P"])])
    return [p[:, np.searchsorted(used, [column[c] for c in concepts]).astype(int)] for concepts in wanted]


@dataclass(frozen=True)
class AreaChart:
    """Which part of the images belongs to which concept, from bin to bin of the activation (Fig. 3).

    Attributes:
        edges: (N_BINS + 1,) of the bins. counts: (N_BINS,) images in each.
        names: (n_areas,). weights: (n_areas,), None for an area of several concepts.
        shares: (N_BINS, n_areas); a row sums to at most 1, the rest has none of the concepts. NaN in empty bins.
        left_out: the concepts that have a negative weight, with it.
    """

    edges: np.ndarray
    counts: np.ndarray
    names: Sequence[str]
    weights: Sequence[float | None]
    shares: np.ndarray
    left_out: Sequence[tuple[str, float]]


def area_chart(view: NeuronView) -> AreaChart:
    """The numbers of the area chart of a neuron that is not constant.

    The bins are even, from 0 (from the smallest activation where there are negative ones) to the largest. An image
    counts once: for the concept with the largest weight · P, of those with a positive weight that it has (P ≥ 0.5).
    Beyond `MAX_AREAS` concepts, those with the smallest weights share the last area.
    """
    values = view.activations.astype(np.float64)
    edges = np.linspace(min(0.0, values.min()), values.max(), N_BINS + 1)
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, N_BINS - 1)
    positive = view.weights > 0
    names = [concept for concept, drawn in zip(view.concepts, positive, strict=True) if drawn]
    weights: list[float | None] = view.weights[positive].tolist()
    owner = _owning_concept(view.weights[positive], view.presence[:, positive])
    if len(names) > MAX_AREAS:
        owner = np.where(owner < len(names), np.minimum(owner, MAX_AREAS - 1), MAX_AREAS)
        names = [*names[: MAX_AREAS - 1], f"{len(names) - MAX_AREAS + 1} more concepts"]
        weights = [*weights[: MAX_AREAS - 1], None]
    table = np.zeros((N_BINS, len(names) + 1))
    np.add.at(table, (bins, owner), 1)
    counts = table.sum(axis=1)
    shares = table[:, :-1] / np.where(counts, counts, np.nan)[:, None]
    left_out = [(c, w) for c, w in zip(view.concepts, view.weights.tolist(), strict=True) if w <= 0]
    return AreaChart(edges, counts.astype(int), names, weights, shares, left_out)


def _owning_concept(weights: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """(n_images,) the concept that each image counts for; `len(weights)` for none."""
    if not len(weights):
        return np.zeros(len(presence), int)
    share = np.where(presence >= PRESENT, weights * presence, -np.inf)
    return np.where(np.isfinite(share).any(axis=1), share.argmax(axis=1), len(weights))


@dataclass(frozen=True)
class ActivationRange:
    """Some images of a range of activations.

    Attributes:
        images: (at most IMAGES_PER_RANGE,) image rows, by descending activation.
        size: number of images in the whole range. low, high: its activations.
    """

    label: str
    images: np.ndarray
    size: int
    low: float
    high: float


def activation_ranges(activations: np.ndarray, seed: int) -> list[ActivationRange]:
    """Images from all ranges of a neuron's activation (Figs. 4, 6–15).

    The images are ranked by activation, ties by row. The ranges are the top 0.01 %, up to 0.1 %, 1 % and 10 %, each
    without those before it, rounded down to whole images; one that would be empty is merged with the next, so of
    4,000 images the first range is the top 0–0.1 %. From a range come images evenly spaced in rank, the first and
    last included. The last row is a random draw from all other images; the only one if the neuron is constant.

    Args:
        activations: (n_images,). seed: of the draw.
    """
    order = np.argsort(-activations, kind="stable")
    ranges, begin, lower = [], 0, "0"
    ends = {} if np.ptp(activations) == 0 else {"0.01": 10_000, "0.1": 1000, "1": 100, "10": 10}
    for upper, part in ends.items():
        end = len(order) // part
        if end > begin:
            members = order[begin:end]
            spread = np.linspace(0, len(members) - 1, min(IMAGES_PER_RANGE, len(members)))
            ranges.append(_range(f"Top {lower}–{upper} %", members, np.rint(spread).astype(int), activations))
            begin, lower = end, upper
    rest = order[begin:]
    drawn = np.random.default_rng(seed).choice(len(rest), min(IMAGES_PER_RANGE, len(rest)), replace=False)
    label = "Others, at random" if begin else "At random"
    return [*ranges, _range(label, rest, np.sort(drawn), activations)]


def _range(label: str, members: np.ndarray, chosen: np.ndarray, activations: np.ndarray) -> ActivationRange:
    values = activations[members]
    return ActivationRange(label, members[chosen], len(members), float(values.min()), float(values.max()))


def breakable(formula: str) -> str:
    """The text of an explanation with minus signs, which a line then ends before a sign but not after it."""
    formula = f"−{formula[1:]}" if formula.startswith("-") else formula
    return formula.replace(" + ", " +\u00a0").replace(" - ", " −\u00a0")
