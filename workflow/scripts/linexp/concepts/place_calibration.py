"""Calibration of an image-text model at places: a and b by Eq. 5, where the label is the share of a cell it covers.

What is fitted on whole images does not carry over to places, and is kept only where there is nothing better.
"""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .calibration import PairHistogram, calibrate, rises

CALIBRATED_ON = "calibrated_on"


def calibrated_at_places(of_images: Mapping[str, Any], pairs: PairHistogram | None, is_given: bool) -> dict[str, Any]:
    """The record of a calibration at places; where it is that of whole images, a line says why.

    Parameters
    ----------
    of_images
        The calibration of whole images, with `a` and `b`.
    pairs
        Of places and concepts; None where there are no pixel labels.
    is_given
        Whether the configuration gives a and b, which are kept then.

    Returns
    -------
    dict[str, Any]
        `a`, `b`, and `calibrated_on`: `places`, `given`, or `whole images` with the `reason`; of places also what
        `calibrate` says.
    """
    kept = {"a": of_images["a"], "b": of_images["b"]}
    if is_given:
        return kept | {CALIBRATED_ON: "given"}
    if pairs is not None and rises(pairs):
        found = calibrate(pairs)
        if not found.converged:
            print(f"calibration: a = {found.a:.3g} has not converged; take more images or labels", file=sys.stderr)
        return asdict(found) | {CALIBRATED_ON: "places"}
    reason = "there are no pixel labels" if pairs is None else "similarity does not rise with presence at places"
    print(f"calibrated on whole images: {reason}", file=sys.stderr)
    return kept | {CALIBRATED_ON: "whole images", "reason": reason}
