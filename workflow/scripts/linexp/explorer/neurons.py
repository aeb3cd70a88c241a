"""What the page of one neuron has: its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..explanations import Explanation
from ..figures.activation_ranges import activation_ranges
from ..figures.area_chart import Areas, area_chart
from ..variation import constant
from .intervals import Correlations, correlations_with_intervals
from .layer import Explained, LayerFiles, places_of, read_activations, read_simulated_rows
from .neighbours import Similarities, nearest
from .output_effects import OutputEffects
from .presence_columns import PresenceColumns
from .scripts import packed, rounded, short, without_nan
from .stabilities import Stabilities, stability_of

OF_THE_NEURON = ["dead", "n_concepts", "frequency", "mean_activation"]
"""Columns of scores that say nothing of how good they are."""


def score_rows(scores: pd.DataFrame, methods: Sequence[str]) -> dict[int, list[dict[str, Any]]]:
    """The scores of each neuron, a row a method and simulator."""
    rows = scores[scores["method"].isin(list(methods))].drop(columns=OF_THE_NEURON)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(int(row.pop("neuron")), []).append(without_nan(row))
    return found


@dataclass(frozen=True)
class Records:
    """Makes the records of neurons, group by group.

    Attributes
    ----------
    test
        Rows of the test images.
    sample
        Those that the page compares on.
    candidates
        (n_images,) bool, the images that ranges may show.
    presence
        The columns of P of each linear method.
    alike
        Similarities of neurons by name.
    scores
        By neuron, see `score_rows`.
    concept_ids
        The number of each concept that is shipped.
    stabilities
        By method and neuron.
    effects
        On the output; None where they are not known.
    """

    files: LayerFiles
    explained: Explained
    simulator: str
    seed: int
    test: np.ndarray
    sample: np.ndarray
    candidates: np.ndarray
    presence: Mapping[str, PresenceColumns]
    alike: Mapping[str, Similarities]
    scores: Mapping[int, list[dict[str, Any]]]
    concept_ids: Mapping[str, int]
    stabilities: Stabilities
    effects: OutputEffects | None

    def of_group(self, places: slice) -> list[tuple[int, dict[str, Any]]]:
        """Number and record of some neurons whose columns lie together; images are rows of the probe."""
        neurons = self.explained.neurons[places]
        activations = read_activations(self.files.activations, neurons)
        intervals = {} if places_of(self.files) > 1 else self._intervals(places, activations)
        similar = {name: of(places) for name, of in self.alike.items()}
        found = []
        for column, neuron in enumerate(neurons.tolist()):
            alike = {name: nearest(known[column], places.start + column) for name, known in similar.items()}
            ends = {method: (of.low[column], of.high[column]) for method, of in intervals.items()}
            found.append((neuron, self._record(places.start + column, neuron, activations[:, column], ends, alike)))
        return found

    def _intervals(self, places: slice, activations: np.ndarray) -> dict[str, Correlations]:
        """Of the correlations over test images; scores of places are none of these."""
        return {
            method: correlations_with_intervals(read_simulated_rows(path, places)[self.test], activations[self.test])
            for method, path in self.files.simulations.items()
        }

    def _record(
        self,
        place: int,
        neuron: int,
        activations: np.ndarray,
        ends: Mapping[str, tuple[float, float]],
        alike: Mapping[str, list[tuple[int, float]]],
    ) -> dict[str, Any]:
        explanations = {method: known[place] for method, known in self.explained.by_method.items()}
        return {
            "activations": packed(activations[self.sample]),
            "mean": short(float(activations.mean(dtype=np.float64))),
            "maximum": short(float(activations.max())),
            "ranges": self._ranges(activations),
            "areas": self._areas(activations, explanations),
            "explanations": {method: self._explanation(one) for method, one in explanations.items()},
            "scores": [self._with_interval(row, ends) for row in self.scores.get(neuron, [])],
            "stability": stability_of(self.stabilities, neuron),
            "output": self.effects.of(neuron) if self.effects else None,
            "alike": {
                name: [[int(self.explained.neurons[other]), short(value, 3)] for other, value in of_name]
                for name, of_name in alike.items()
            },
        }

    def _ranges(self, activations: np.ndarray) -> list[dict[str, Any]]:
        ranges = activation_ranges(activations, self.seed, self.candidates)
        return [
            {
                "label": one.label,
                "size": one.size,
                "low": short(one.low),
                "high": short(one.high),
                "images": one.images.tolist(),
                "values": rounded(activations[one.images]),
            }
            for one in ranges
        ]

    def _areas(self, activations: np.ndarray, explanations: Mapping[str, Explanation]) -> dict[str, Any]:
        """The area chart of each linear method; nothing if the neuron is constant."""
        if constant(activations):
            return {}
        charts = {}
        for method, columns in self.presence.items():
            one = explanations[method]
            chart = area_chart(activations, columns.of(one), one.concepts, np.array(one.weights))
            charts[method] = {
                "edges": rounded(chart.edges),
                "counts": chart.counts.tolist(),
                **_areas_of(Areas(chart.names, chart.weights, chart.shares)),
            }
            if chart.below.names:
                charts[method]["below"] = _areas_of(chart.below)
        return charts

    def _explanation(self, one: Explanation) -> dict[str, Any]:
        return {
            "concepts": [self.concept_ids[concept] for concept in one.concepts],
            "weights": list(one.weights),
            "bias": one.bias,
            "status": one.status,
        }

    def _with_interval(self, row: dict[str, Any], ends: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
        """A row of scores; with the ends of the interval of the correlation, if it is of the main simulator."""
        if row["simulator"] != self.simulator or row["method"] not in ends:
            return row
        low, high = ends[row["method"]]
        return {**row, "low": short(low), "high": short(high)}


def _areas_of(areas: Areas) -> dict[str, Any]:
    return {
        "names": list(areas.names),
        "weights": [short(weight) for weight in areas.weights],
        "shares": [rounded(row, 3) for row in areas.shares],
    }
