"""Reliability diagrams of the image-text models of a layer."""

from .figure import Artifacts, LayerFigure, Settings


def draw(artifacts: Artifacts, settings: Settings):
    from ..calibration import draw_reliability

    pairs = zip(settings["calibrated"], artifacts["calibrations"], strict=True)
    records = [calibration | {"name": name, "role": role} for (name, role), calibration in pairs]
    return draw_reliability(records, settings["title"])


FIGURE = LayerFigure(
    draw=draw,
    label="calibration",
    caption="Calibration of the image-text models that explain and simulate {layer} (Eq. 5 of the paper): how often a "
    "concept is in the images for which P says so.",
    inputs=("calibrations",),
    settings=("title", "calibrated"),
    requires=("calibrations",),
)
