"""What the explorer is made from: the artifacts of a layer, and how their columns are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ..artifacts import store
from ..errors import LinexpError
from ..explanations import Explanation, from_table
from ..networks import recorded
from ..networks.recorded import check_finite, names_of

NEURONS_A_TILE = 64
"""As many as a tile of activations or of simulations has columns."""

AnyPath = str | Path
_ABSENT: Mapping[str, Any] = {
    name: [] for name in ("presence", "stability", "known_images", "known_concepts", "figures", "quality")
}
"""What files of a layer are that it has none of; None elsewhere."""


@dataclass(frozen=True)
class LayerFiles:
    """The artifacts of a layer.

    Attributes
    ----------
    explanations, simulations, concepts
        By method, in the order to show them in: its explanations, what the main simulator makes of them, and that
        simulator's embeddings of their concepts.
    presence
        The P of each linear method.
    stability
        Of each linear method; empty where nobody asked for it.
    outputs, head, effects
        Of the network; None where no effects on its output are scored.
    sanity
        None at places, where metrics are not checked.
    embeddings, calibration
        Of the main simulator.
    calibrations
        Of all models that the page tells of.
    figures
        Of the layer, SVG.
    maps
        Of the images that are shown; None where none are recorded.
    crops
        Of a layer at places what the network sees of each image; None of others.
    quality
        Of a layer at places how well the models of `calibrations` know what is where, a CSV each; empty where no pixel
        labels tell.
    labels
        Of the images, None where they have none.
    known_images, known_concepts
        What the same models make of the images and of the labelled concepts; empty without labels.
    """

    index: AnyPath
    activations: AnyPath
    scores: AnyPath
    summary: AnyPath
    comparison: AnyPath
    sanity: AnyPath | None
    embeddings: AnyPath
    calibration: AnyPath
    calibrations: Sequence[AnyPath]
    explanations: Mapping[str, AnyPath]
    simulations: Mapping[str, AnyPath]
    concepts: Mapping[str, AnyPath]
    presence: Mapping[str, AnyPath]
    stability: Mapping[str, AnyPath]
    outputs: AnyPath | None
    head: AnyPath | None
    effects: AnyPath | None
    labels: AnyPath | None
    known_images: Sequence[AnyPath]
    known_concepts: Sequence[AnyPath]
    figures: Sequence[AnyPath]
    maps: AnyPath | None = None
    crops: AnyPath | None = None
    quality: Sequence[AnyPath] = ()

    @classmethod
    def of(cls, files: Mapping[str, Any], methods: Sequence[str], linear: Sequence[str]) -> "LayerFiles":
        """Those that a rule names: a list where there is one of each method, or of each linear one."""
        by_method = {name: methods for name in ("explanations", "simulations", "concepts")}
        by_method |= {name: [] if files.get(name) is None else linear for name in ("presence", "stability")}
        named = {field.name: files.get(field.name, _ABSENT.get(field.name)) for field in fields(cls)}
        for name, order in by_method.items():
            named[name] = dict(zip(order, named[name], strict=True))
        return cls(**named)

    def same_probe(self) -> str:
        """The fingerprint that all artifacts of images share, or a `LinexpError`."""
        by_method = (self.explanations, self.simulations, self.concepts, self.presence, self.stability)
        named = [path for paths in by_method for path in paths.values()]
        named += [path for path in (self.outputs, self.head, self.effects, self.labels, self.maps, self.crops) if path]
        named += [*self.known_images, *self.known_concepts]
        return store.same_probe(self.index, self.activations, self.scores, self.embeddings, *named)


@dataclass(frozen=True)
class Shown:
    """What the pages say of the layer, beyond its artifacts.

    Attributes
    ----------
    title
        Target and layer.
    simulator
        The main one.
    calibrated
        Name and role of the models in `LayerFiles.calibrations`.
    seed
        Of the draws of images.
    provenance
        Of the page.
    titles
        What each method is called.
    figures
        What each of the figures shows in a few words, and its caption.
    """

    title: str
    simulator: str
    calibrated: Sequence[tuple[str, str]]
    seed: int
    provenance: store.Provenance
    titles: Mapping[str, str]
    figures: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Explained:
    """All explanations of a layer.

    Attributes
    ----------
    neurons
        (n,) int32, ascending.
    by_method
        For each method the explanations of these neurons, in this order.
    linear
        The methods whose concepts are in a P.
    dead
        (n,) bool.
    names
        (n,) if the neurons have any, as directions may.
    """

    neurons: np.ndarray
    by_method: Mapping[str, Sequence[Explanation]]
    linear: Sequence[str]
    dead: np.ndarray
    names: Sequence[str] | None = None

    @classmethod
    def read(cls, files: LayerFiles) -> "Explained":
        by_method = {method: from_table(store.read_table(path)) for method, path in files.explanations.items()}
        neurons = np.array([one.neuron for one in next(iter(by_method.values()))], np.int32)
        for method, explanations in by_method.items():
            if [one.neuron for one in explanations] != neurons.tolist():
                path = files.explanations[method]
                raise LinexpError(f"{path} has other neurons than the other methods; delete it and run again")
        (dead,) = store.read_arrays(files.activations, "dead")
        names = names_of(files.activations)
        of_explained = None if names is None else [names[neuron] for neuron in neurons]
        return cls(neurons, by_method, list(files.presence), dead[neurons], of_explained)

    @property
    def main(self) -> str:
        """The method that neurons are compared by: the first linear one, or else the first."""
        return next(iter(self.linear), next(iter(self.by_method)))

    def groups(self) -> Iterator[slice]:
        """Places of neurons whose columns lie in the same tiles, group by group."""
        by_tile = groupby(enumerate(self.neurons.tolist()), key=lambda place: place[1] // NEURONS_A_TILE)
        for places in (list(members) for _, members in by_tile):
            yield slice(places[0][0], places[-1][0] + 1)


def places_of(files: LayerFiles) -> int:
    """How many places each image has in a layer's artifacts; 1 of a layer that is not explained at places."""
    return recorded.places_of(files.activations)


def image_means(values: np.ndarray, places: int) -> np.ndarray:
    """(n_images, n) means over the places of each image, whose rows follow each other."""
    return values if places == 1 else values.reshape(-1, places, values.shape[1]).mean(axis=1)


def read_activations(path: AnyPath, neurons: np.ndarray) -> np.ndarray:
    """(n_images, n) float32 activations of some neurons that lie near each other; at places the means of images.

    Raises
    ------
    LinexpError
        As `read_rows`.
    """
    return image_means(read_rows(path, neurons), recorded.places_of(path))


def read_rows(path: AnyPath, neurons: np.ndarray) -> np.ndarray:
    """(n_images · places, n) float32 activations of some neurons that lie near each other.

    Raises
    ------
    LinexpError
        The file is damaged, or a value is not finite.
    """
    first, last = int(neurons.min()), int(neurons.max())
    with store.open_arrays(path) as file:
        activations = store.read_columns(file["activations"], slice(first, last + 1))[:, neurons - first]
    check_finite(path, activations)
    return activations


def read_simulated_rows(path: AnyPath, places: slice) -> np.ndarray:
    """(n_images · places, n) float32 simulations of the neurons that lie so among those that are explained."""
    with store.open_arrays(path) as file:
        return store.read_columns(file["simulated"], places)
