"""Ablation scores of perturbed explanations, for the sanity checks."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..effects.ablation import Simulations, ablation_scores
from ..effects.open_losses import OpenLayer
from .sanity import Ablation


def ablation_of(
    layer: OpenLayer, settings: Mapping[str, Any], neurons: np.ndarray, val: np.ndarray, test: np.ndarray, threads: int
) -> Ablation | None:
    """What gives the ablation scores of simulations on the rows of val and test; None where the tail is not linear.

    Parameters
    ----------
    settings
        `loss` and `optim` of a target's ablation.
    val, test
        Rows of the probe.
    """
    if not layer.is_linear:
        print("sanity: ablation is left out, as its scores take passes of the network here", file=sys.stderr)
        return None
    (val_rows, on_val), (test_rows, on_test) = (layer.losses(settings, rows) for rows in (val, test))
    scored = np.sort(np.concatenate([val, test]))
    places = [np.searchsorted(scored, rows) for rows in (val_rows, test_rows)]

    def scores_of(simulated: list[np.ndarray], some: slice) -> dict[str, np.ndarray]:
        pair = Simulations(*([s[place] for s in simulated] for place in places))
        by_neuron = ablation_scores(on_val, on_test, neurons[some], pair, settings["optim"], threads)
        optim, norm = zip(*([[s.optim for s in found], [s.norm for s in found]] for found in by_neuron), strict=True)
        return {"ablation_optim": np.array(optim, float).T, "ablation_norm": np.array(norm, float).T}

    return scores_of
