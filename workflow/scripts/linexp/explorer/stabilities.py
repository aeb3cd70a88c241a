"""How stable the concepts of explanations are, for the records of neurons."""

from collections.abc import Mapping
from typing import Any

from ..artifacts import store
from ..fitting.stable import Stability, from_table
from .layer import AnyPath
from .scripts import rounded, short

Stabilities = Mapping[str, Mapping[int, Stability]]


def read_stabilities(paths: Mapping[str, AnyPath]) -> Stabilities:
    """By method and neuron."""
    return {method: {one.neuron: one for one in from_table(store.read_table(path))} for method, path in paths.items()}


def stability_of(stabilities: Stabilities, neuron: int) -> dict[str, Any]:
    """By method what is known of the concepts of a neuron, in the order of its explanation."""
    known = {method: by_neuron.get(neuron) for method, by_neuron in stabilities.items()}
    return {method: _shown(one) for method, one in known.items() if one is not None and one.concepts}


def _shown(one: Stability) -> dict[str, Any]:
    return {
        "shares": rounded(one.shares, 3),
        "low": rounded(one.low, 4),
        "high": rounded(one.high, 4),
        "instead": [
            [[concept, short(share, 3)] for concept, share in zip(concepts, shares, strict=True)]
            for concepts, shares in zip(one.alternatives, one.alternative_shares, strict=True)
        ],
        "all_chosen": short(one.all_chosen, 3),
    }
