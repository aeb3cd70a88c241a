"""What a picture of a neuron shows, read from artifacts: its activations, its explanations, and P of their concepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..artifacts import store
from ..errors import LinexpError
from ..explanations import Explanation, from_table
from ..variation import constant


@dataclass(frozen=True)
class ViewFiles:
    """The artifacts that views are read from, all of one probe.

    Attributes
    ----------
    explanations
        By method, in the order to show them in.
    presence
        The P of the charted method; None if none is charted.
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

    Attributes
    ----------
    layer
        The name of the layer, as in titles.
    activations
        (n_images,) float32 over all probe images.
    explained
        One entry a method.
    charted
        The method that the area chart shows; None for no method.
    concepts, weights
        (n_concepts,) of the charted explanation, by descending weight.
    presence
        (n_images, n_concepts) float32, the columns of P of these concepts.
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
        return bool(constant(self.activations))


def read_views(
    files: ViewFiles, layer: str, neurons: Sequence[int], charted: str | None, simulator: str
) -> list[NeuronView]:
    """Read the views of some neurons, and P only once for all of them.

    Parameters
    ----------
    charted
        The linear method whose explanation the area chart shows, made from `files.presence`; or None.
    simulator
        The simulator whose correlations are shown.

    Raises
    ------
    LinexpError
        A neuron is not in the layer or not explained.
    """
    explained = _read_explained(files, neurons, simulator)
    shown = [_of_method(methods, charted) for methods in explained]
    with store.open_arrays(files.activations) as file:
        activations = [store.read_columns(file["activations"], neuron) for neuron in neurons]
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


def breakable(formula: str) -> str:
    """The text of an explanation with minus signs, which a line then ends before a sign but not after it."""
    formula = f"−{formula[1:]}" if formula.startswith("-") else formula
    return formula.replace(" + ", " +\u00a0").replace(" - ", " −\u00a0")
