"""What the registry knows of a figure of a layer.

A figure imports what draws it within `draw`, as plans need no pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Artifacts = Mapping[str, Any]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class LayerFigure:
    """A figure of a layer, `results/{target}/{layer}/figures/{name}.svg`.

    Attributes
    ----------
    draw
        Takes the artifacts by the names in `inputs` (tables, or JSON as a mapping; a list where there are several) and
        the settings by the names in `settings`, and gives the picture.
    label
        What it shows, in a few words.
    caption
        A sentence or two; `{layer}` in it is filled in, and so are settings.
    inputs
        Among `scores`, `explanations` of the method whose weights are drawn, `calibrations` of the image-text models
        whose a and b are fitted, and `impacts`, one a layer.
    settings
        Among `title`, `simulator` (the main one), `method` (whose weights are drawn), `neurons` (in the file's name, as
        in `weights_3_14.svg`), `calibrated` (name and role of each calibration) and `layers`.
    requires
        What a layer has to have to be drawn with the whole workflow, among `ablation`, `impact`, `labels` and
        `calibrations`.
    """

    draw: Callable[[Artifacts, Settings], Figure]
    label: str
    caption: str
    inputs: tuple[str, ...] = ("scores",)
    settings: tuple[str, ...] = ("title", "simulator")
    requires: tuple[str, ...] = ()
