"""Concept sets that follow from others: a set together with the labels of the probe, for `presence: both`."""

from collections.abc import Mapping
from typing import Any

WITH_LABELS = "__and_labels"
"""Behind the name of a set; no name that a user invents has two underscores together."""


def with_labels(config: Mapping[str, Any], concept_set: str) -> str:
    """The name of a set with all labels: its own, if they are a part of it."""
    return concept_set if _has_labels(config, concept_set) else concept_set + WITH_LABELS


def _has_labels(config: Mapping[str, Any], concept_set: str) -> bool:
    parts = config["concept_sets"].get(concept_set, {}).get("union", [])
    return concept_set == "labels" or any(_has_labels(config, part) for part in parts)


def with_unions(config: Mapping[str, Any]) -> dict[str, Any]:
    """Add the sets that methods of targets with `presence: both` need and that are not there."""
    methods = config["methods"]
    used = {
        methods[name].get("concepts", target["concepts"])
        for target in config["targets"].values()
        for name in target["methods"]
        if methods[name].get("presence") == "both"
    }
    lacking = sorted(name for name in used if not _has_labels(config, name))
    unions = {name + WITH_LABELS: {"union": [name, "labels"]} for name in lacking}
    return {**config, "concept_sets": {**config["concept_sets"], **unions}}
