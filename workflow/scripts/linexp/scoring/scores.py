"""The scores of the explanations of a layer, with the reasons why some are undefined."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..concepts.sets import PIXEL_LABELS
from ..effects.losses import NO_EFFECT_BELOW
from ..metrics import METRICS, scores_of
from ..variation import constant
from .shuffling import paired_correlations

CONSTANT_SIMULATION = "constant_simulation"
NO_EFFECT = "no_effect"
OF_PLACES = ("correlation_images", "iou_maps")
"""Scores that places alone have."""
ACTIVE = 0.05
"""The share of places on which a neuron counts as active."""
ABLATION = ["ablation_optim", "ablation_norm", "c", "d", "ablation_constant"]
CEILING = "ablation_ceiling"
"""A column of layers at places where ablation is scored."""


def score_table(
    explanations: pd.DataFrame, simulated: np.ndarray, activations: np.ndarray, dead: np.ndarray, threads: int = 1
) -> pd.DataFrame:
    """Scores of one method with one simulator on the test images.

    Parameters
    ----------
    explanations
        `neuron`, `concepts`, `status`, one row a neuron.
    simulated, activations
        (n_test, n_neurons) in the same order.
    dead
        (n_neurons,) bool.

    Returns
    -------
    pd.DataFrame
        `neuron`, `status`, `dead`, `n_concepts`; `frequency`, the share of images on which the neuron is above 0, and
        `mean_activation`; and the metrics of the registry that need no more than this, such as `correlation` (missing
        where undefined; `status` says why).
    """
    scores = scores_of(METRICS, simulated, activations, threads)
    status = explanations["status"].to_numpy(dtype=object).copy()
    undefined = np.flatnonzero(np.isnan(scores["correlation"]))
    status[undefined[status[undefined] == "ok"]] = CONSTANT_SIMULATION
    status[undefined[constant(activations[:, undefined])]] = "constant"
    return pd.DataFrame(
        {
            "neuron": explanations["neuron"].astype("int32"),
            "status": status,
            "dead": dead,
            "n_concepts": explanations["concepts"].map(len).astype("int32"),
            "frequency": (activations > 0).mean(axis=0),
            "mean_activation": activations.mean(axis=0, dtype=np.float64),
        }
        | scores
    )


def scores_of_places(
    simulated: Mapping[str, np.ndarray], activations: Mapping[str, np.ndarray], places: int
) -> dict[str, np.ndarray]:
    """The scores that places alone have, (n,) each, by the names of `OF_PLACES`.

    Parameters
    ----------
    simulated, activations
        By split, (n_images · places, n) each, the places of an image together.
    """
    of_images = correlation_of_images(simulated["test"], activations["test"], places)
    return dict(zip(OF_PLACES, (of_images, map_iou(simulated, activations)), strict=True))


def map_iou(simulated: Mapping[str, np.ndarray], activations: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) IoU on test of the places where a neuron is active with those where it is simulated to be.

    Either is where a value is as high as the highest `ACTIVE` of train, and above the lowest of them all; NaN where
    there is neither. Arguments as of `scores_of_places`.
    """

    def active(by_split: Mapping[str, np.ndarray]) -> np.ndarray:
        high = by_split["test"] >= np.quantile(by_split["train"], 1 - ACTIVE, axis=0, method="higher")
        return high & (by_split["test"] > by_split["train"].min(axis=0))

    maps = active(simulated), active(activations)
    both, either = (maps[0] & maps[1]).sum(axis=0), (maps[0] | maps[1]).sum(axis=0)
    return np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)


def correlation_of_images(simulated: np.ndarray, activations: np.ndarray, places: int) -> np.ndarray:
    """(n,) the correlation of means over the places of each image, which explanations of images have too.

    Parameters
    ----------
    simulated, activations
        (n_images · places, n), the places of an image together.
    """
    means = (values.reshape(-1, places, values.shape[1]).mean(axis=1) for values in (simulated, activations))
    return paired_correlations(*means)


def with_verdicts(scores: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Scores with the verdicts of `verdicts.parquet` beside them; where there is none the status is in its place.

    With pixel labels as the simulator there is no verdict at all.
    """
    merged = scores.merge(verdicts, how="left", on=["method", "simulator", "neuron"], validate="one_to_one")
    status = merged["status"].mask(merged["simulator"] == PIXEL_LABELS)
    return merged.assign(verdict=merged["verdict"].fillna(status))


def with_ablation(scores: pd.DataFrame, ablation: pd.DataFrame | None) -> pd.DataFrame:
    """Scores with those of ablation beside them: `ABLATION`, missing where there are none, and `CEILING` at places.

    The status of a neuron without effect becomes `no_effect`, that of a simulation that varies on test but not on val
    `constant_simulation`.

    Parameters
    ----------
    scores
        `method`, `simulator`, `neuron` and more.
    ablation
        The rows of `ablation.parquet`; None without it.
    """
    if ablation is None:
        return scores.assign(**dict.fromkeys(ABLATION, np.nan))
    pair_and_neuron = ["method", "simulator", "neuron"]
    known = ablation[[*pair_and_neuron, *ABLATION, *ablation.columns.intersection([CEILING]), "effect"]]
    merged = scores.merge(known, how="left", on=pair_and_neuron, validate="one_to_one")
    reason = np.where(merged["effect"] < NO_EFFECT_BELOW, NO_EFFECT, CONSTANT_SIMULATION)
    unscored = merged["status"].eq("ok") & merged["ablation_norm"].isna()
    return merged.assign(status=merged["status"].mask(unscored, reason)).drop(columns="effect")
