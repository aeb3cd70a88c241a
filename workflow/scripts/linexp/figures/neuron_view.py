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
from .maps import NeuronMaps, Simulation, maps_at_places, recorded_maps
from .shown_images import images_of_ranges


@dataclass(frozen=True)
class ViewFiles:
    """The artifacts that views are read from, all of one probe.

    Attributes
    ----------
    explanations
        By method, in the order to show them in.
    presence
        The P of the charted method; None if none is charted.
    maps
        Of the neuron, as `artifacts.maps` has them; None where none are recorded.
    simulation, crops
        Of a layer that is explained at places: whose simulated maps are shown, and what the network sees of images.
    """

    index: str | Path
    activations: str | Path
    scores: str | Path
    explanations: Mapping[str, str | Path]
    presence: str | Path | None = None
    maps: str | Path | None = None
    simulation: Simulation | None = None
    crops: str | Path | None = None

    def same_probe(self) -> str:
        named = [self.index, self.activations, self.scores, *self.explanations.values()]
        simulation = self.simulation.path if self.simulation else None
        others = (self.presence, self.maps, simulation, self.crops)
        return store.same_probe(*named, *[path for path in others if path])


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
        (n_images,) float32 over all probe images; at places the highest of each.
    explained
        One entry a method.
    charted
        The method that the area chart shows; None for no method.
    concepts, weights
        (n_concepts,) of the charted explanation, by descending weight.
    presence
        (n_images, n_concepts) float32, the columns of P of these concepts.
    maps
        Of the neuron on the images of all ranges, one range after the other; None where it has none.
    at_places
        Whether the layer is explained at places.
    """

    layer: str
    neuron: int
    activations: np.ndarray
    explained: Sequence[Explained]
    charted: str | None
    concepts: Sequence[str]
    weights: np.ndarray
    presence: np.ndarray
    maps: NeuronMaps | None = None
    at_places: bool = False

    def is_constant(self) -> bool:
        return bool(constant(self.activations))


def read_view(
    files: ViewFiles, layer: str, neuron: int, charted: str | None, simulator: str, seed: int = 0
) -> NeuronView:
    """Read the view of a neuron.

    Parameters
    ----------
    charted
        The linear method whose explanation the area chart shows, made from `files.presence`; or None.
    simulator
        The simulator whose correlations are shown.
    seed
        Of the random draw of images.

    Raises
    ------
    LinexpError
        The neuron is not in the layer or not explained.
    """
    explained = _read_explained(files, neuron, simulator)
    chart = _of_method(explained, charted)
    with store.open_arrays(files.activations) as file:
        activations = store.read_columns(file["activations"], neuron)
        activations = activations.reshape(-1, int(file.attrs.get("places", 1))).max(axis=1)
    presence = np.zeros((len(activations), 0), np.float32)
    if files.presence:
        presence = _read_presence(files.presence, chart.concepts)
    maps = _read_maps(files, neuron, images_of_ranges(activations, seed))
    weights, at_places = np.array(chart.weights), files.simulation is not None
    return NeuronView(
        layer, neuron, activations, explained, charted, chart.concepts, weights, presence, maps, at_places
    )


def _read_maps(files: ViewFiles, neuron: int, images: np.ndarray) -> NeuronMaps | None:
    if files.simulation and files.crops:
        return maps_at_places(files.activations, files.simulation, files.crops, neuron, images)
    return recorded_maps(files.maps, neuron, images) if files.maps else None


def _of_method(explained: Sequence[Explained], method: str | None) -> Explanation:
    return next((one.explanation for one in explained if one.method == method), Explanation(-1))


def _read_explained(files: ViewFiles, neuron: int, simulator: str) -> list[Explained]:
    """All methods in the order of `files.explanations`."""
    tables = {method: from_table(store.read_table(path)) for method, path in files.explanations.items()}
    by_neuron = {method: {one.neuron: one for one in table} for method, table in tables.items()}
    for method, known in by_neuron.items():
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
    return [Explained(method, by_neuron[method][neuron], scores.get((method, neuron))) for method in by_neuron]


def _read_presence(path: str | Path, wanted: Sequence[str]) -> np.ndarray:
    """(n_images, n_concepts) the columns of P of some concepts."""
    number = {concept: column for column, concept in enumerate(store.read_strings(path, "concepts"))}
    columns = np.array([number[concept] for concept in wanted], np.intp)
    with store.open_arrays(path) as file:
        return np.concatenate([block[:, columns] for block in store.row_blocks(file["P"])])


def breakable(formula: str) -> str:
    """The text of an explanation with minus signs, which a line then ends before a sign but not after it."""
    formula = f"−{formula[1:]}" if formula.startswith("-") else formula
    return formula.replace(" + ", " +\u00a0").replace(" - ", " −\u00a0")
