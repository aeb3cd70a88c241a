"""How much there is to do, estimated from the configuration alone: what a cluster is asked for, never what is computed.

Nothing is counted that only a finished job knows. An estimate that is too high costs some waiting in the queue.
"""

from collections.abc import Mapping
from typing import Any

from ..config.checks import Config, members, parse_neurons
from ..probes.kinds import KINDS

NEURONS_UNKNOWN = 4_096
"""Neurons of a layer: as many as the widest of the paper's has."""

CONCEPTS = {"class_names": 1_000, "superclasses": 500, "labels": 1_500}
CONCEPTS_OF_A_FILE = 2_000

PIXELS_UNKNOWN = 224


def n_images(entry: Mapping[str, Any]) -> int:
    """Images of an entry under `probes` or `training_sets`."""
    images = KINDS[entry["kind"]].images(entry)
    return min(images, entry.get("limit") or images)


def n_explained(target: Mapping[str, Any]) -> int:
    """Neurons of a layer that are explained: those that the target lists, or all of a wide layer."""
    neurons = parse_neurons(target.get("neurons"))
    return len(neurons) if neurons else NEURONS_UNKNOWN


def n_concepts(config: Config, concept_set: str) -> int:
    """Concepts of a set before duplicates are removed."""
    return sum(_n_concepts(config, name) for name in members(config, concept_set))


def _n_concepts(config: Config, name: str) -> int:
    entry = config["concept_sets"].get(name, {})
    if "class_names" in entry:
        return CONCEPTS["class_names"]
    return entry.get("words") or entry.get("nouns") or CONCEPTS.get(name, CONCEPTS_OF_A_FILE)


def n_pixels(trained_model: Mapping[str, Any]) -> int:
    """Pixels a side of the images that a network of the workflow's own is trained on."""
    return trained_model.get("size", PIXELS_UNKNOWN)
